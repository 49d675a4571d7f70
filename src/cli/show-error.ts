import { CommanderError } from "commander";
import type { PanoramaError } from "../index.ts";
import { type CliIo, type GlobalOptions, loadPanorama, OutputClosed } from "./cli.ts";
import { stoppedExitCode } from "./stop-signal.ts";

const exitTwo: ReadonlySet<string> = new Set(["SETTINGS_INVALID", "USAGE", "UNKNOWN_NAME", "UNSUPPORTED"]);

/** Shows on standard error what was thrown, and returns the exit code it means. */
export async function showError(io: CliIo, options: Partial<GlobalOptions>, error: unknown): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    showUsageError(io, options, error.message);
    return 2;
  }
  if (error instanceof OutputClosed) return 0;
  const stopped = stoppedExitCode(io.signal);
  if (stopped !== undefined && error instanceof Error && error.name === "AbortError") return stopped;
  const { PanoramaError } = await loadPanorama();
  if (!(error instanceof PanoramaError)) {
    showBug(io, options, error);
    return stopped ?? 1;
  }
  await showFailure(io, options, error);
  return stopped ?? (exitTwo.has(error.code) ? 2 : 1);
}

/** Shows one failure: what happened to what, then what to do. Used for each failed table too. */
export async function showFailure(
  io: CliIo,
  options: Partial<GlobalOptions>,
  error: PanoramaError,
  subject?: string,
): Promise<void> {
  const { spellError } = await loadPanorama();
  const stack = options.debug === true ? spellStacks(error) : undefined;
  if (options.logFormat === "json") {
    const { code, message, remedy, details } = error;
    writeJson(io, { kind: "error", ...details, error: { code, message, remedy, stack } });
    return;
  }
  const [first = "", ...rest] = spellError(error, subject);
  writeLines(io, [`✗ ${first}`, ...rest, ...(stack ?? [])]);
}

function showUsageError(io: CliIo, options: Partial<GlobalOptions>, text: string): void {
  const [first = "", ...rest] = text.replace(/^error: /, "").split("\n");
  const message = first.charAt(0).toUpperCase() + first.slice(1);
  const suggestions = rest.map((line) => line.replace(/^\((.*)\)$/, "$1"));
  const remedy = [...suggestions, "See `panorama --help`."];
  if (options.logFormat === "json") {
    writeJson(io, { kind: "error", error: { code: "USAGE", message, remedy: remedy.join(" ") } });
  } else {
    writeLines(io, [`✗ ${message} (USAGE)`, ...remedy.map((line) => `  ${line}`)]);
  }
}

/** What is thrown and is no `PanoramaError` is our mistake, and its stack is the report. */
function showBug(io: CliIo, options: Partial<GlobalOptions>, error: unknown): void {
  const stack = spellStacks(error);
  if (options.logFormat === "json") writeJson(io, { kind: "bug", stack });
  else writeLines(io, ["✗ This is a bug in panorama. Please report it with the lines below.", ...stack]);
}

/** The stacks of an error and of its causes. Nothing else of them: their properties may hold settings. */
export function spellStacks(error: unknown): readonly string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>();
  for (let each = error; each !== undefined && each !== null && !seen.has(each); ) {
    seen.add(each);
    const text = each instanceof Error ? (each.stack ?? each.message) : `Thrown: ${typeof each}`;
    lines.push(...`${lines.length > 0 ? "Caused by: " : ""}${text}`.split("\n").map((line) => `  ${line}`));
    each = each instanceof Error ? each.cause : undefined;
  }
  return lines;
}

function writeJson(io: CliIo, entry: object): void {
  io.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}

function writeLines(io: CliIo, lines: readonly string[]): void {
  io.stderr.write(lines.map((line) => `${line}\n`).join(""));
}
