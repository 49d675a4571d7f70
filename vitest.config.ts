import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/services/global-setup.ts"],
    reporters: ["default"],
    pool: "forks",
    maxWorkers: 2,
    // Files share what they import: to load it anew for each takes minutes.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 600_000,
    // Ending two servers and removing their data.
    teardownTimeout: 60_000,
  },
};

export default config;
