import type { Command } from "commander";
import { type Cli, openSettings, writeResult } from "../cli.ts";

export function addTestConnections(program: Command, cli: Cli): void {
  program
    .command("test-connections")
    .summary("try every datasource and the lake")
    .description("Tries every datasource and the lake, without loading anything. Exit code 1 when one fails.")
    .action(async (_flags: object, command: Command) => {
      const { panorama, settings } = await openSettings(cli, command);
      const results = await panorama.testConnections(settings, cli.io.signal);
      const lines = results.map(({ ok, subject, detail }) =>
        panorama.printable(`${ok ? "✓" : "✗"} ${subject}  ${detail}`),
      );
      await writeResult(cli, lines.map((line) => `${line}\n`).join(""));
      if (results.some(({ ok }) => !ok)) cli.exitCode = 1;
    });
}
