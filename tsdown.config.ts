import { defineConfig } from "tsdown";

export default defineConfig({
  entry: ["src/index.ts", "src/cli/main.ts"],
  outDir: "dist",
  format: "esm",
  platform: "node",
  target: "node20",
  unbundle: false,
  dts: true,
  clean: true,
  hash: false,
});
