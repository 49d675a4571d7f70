import type { UserConfig } from "tsdown";

const config: UserConfig = {
  entry: ["src/index.ts", "src/cli/main.ts"],
  outDir: "dist",
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
