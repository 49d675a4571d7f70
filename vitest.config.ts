import type { ViteUserConfig } from "vitest/config";
import { failuresLast } from "./test/services/failures-last.ts";

const config: ViteUserConfig = {
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/services/global-setup.ts"],
    reporters: ["default", failuresLast],
    pool: "forks",
    maxWorkers: 2,
    // Files share what they import: to load it anew for each takes minutes.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 600_000,
    // A machine that does other work too stands still for a second now and then.
    expect: { poll: { timeout: 30_000 } },
    // Ending two servers and removing their data.
    teardownTimeout: 60_000,
  },
};

export default config;
