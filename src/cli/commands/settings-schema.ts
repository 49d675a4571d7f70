import type { Command } from "commander";
import { type Cli, loadPanorama, writeResult } from "../cli.ts";

export function addSettingsSchema(program: Command, cli: Cli): void {
  program
    .command("settings-schema")
    .summary("print the JSON Schema of the settings file")
    .description("Prints the JSON Schema of the settings file, with which editors complete and check it.")
    .addHelpText(
      "after",
      "\nExample:\n  panorama settings-schema > panorama.schema.json\n  and in the settings file: # yaml-language-server: $schema=panorama.schema.json",
    )
    .action(async () => {
      const { settingsJsonSchema } = await loadPanorama();
      await writeResult(cli, `${JSON.stringify(settingsJsonSchema(), null, 2)}\n`);
    });
}
