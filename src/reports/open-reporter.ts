import { openJsonReporter } from "./json-reporter.ts";
import { openLinesReporter } from "./lines-reporter.ts";
import type { Reporter } from "./reporter.ts";
import { openTerminalReporter } from "./terminal-reporter.ts";

export type ReporterKind = "terminal" | "lines" | "json";

/** Opens the display of a run on `stream`. Close it before anything else is written there. */
export function openReporter(kind: ReporterKind, stream: NodeJS.WritableStream): Reporter {
  switch (kind) {
    case "terminal":
      return openTerminalReporter(stream);
    case "lines":
      return openLinesReporter(stream);
    case "json":
      return openJsonReporter(stream);
  }
}
