import type { UserConfig } from "tsdown";

const config: UserConfig = {
  entry: {
    index: "src/index.ts",
    "cli/main": "src/cli/main.ts",
    // Started by path, beside the code that starts it.
    "read-worker": "src/run/read-worker.ts",
  },
  outDir: "dist",
  // Read at run time, from beside the code that reads them.
  copy: ["src/openedx/views"],
  format: "esm",
  platform: "node",
  target: "node20",
  unbundle: false,
  dts: true,
  clean: true,
  hash: false,
  // The package says "type": "module", and its bin and exports name .js files.
  fixedExtension: false,
};

export default config;
