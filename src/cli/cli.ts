import type { Command } from "commander";
import type { Reporter, Settings } from "../index.ts";
import { spellStacks } from "./show-error.ts";

export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal; undefined where there is none. */
  readonly columns?: number;
}

/** What a command may touch of the process. */
export interface CliIo {
  /** Of the program. */
  readonly version: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Results only. */
  readonly stdout: OutputStream;
  /** Progress, questions and errors. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface Cli {
  readonly io: CliIo;
  /** What the command line ends with unless something throws. */
  exitCode: number;
  /** Tells the operator something, between the lines of a display when one is open. */
  notify: (message: string) => void;
}

export interface GlobalOptions {
  readonly settings: string;
  readonly debug?: true;
  readonly logFormat: "auto" | "text" | "json";
}

export type Panorama = typeof import("../index.ts");

/** The library, loaded when a command needs it: help, the version and usage errors do without. */
export async function loadPanorama(): Promise<Panorama> {
  return import("../index.ts");
}

export interface Opened {
  readonly panorama: Panorama;
  readonly settings: Settings;
  readonly settingsPath: string;
}

/** Loads the library and reads the settings file that the command line names. */
export async function openSettings(cli: Cli, command: Command): Promise<Opened> {
  const settingsPath = command.optsWithGlobals<GlobalOptions>().settings;
  const panorama = await loadPanorama();
  const settings = await panorama.readSettings(settingsPath, cli.io.env);
  return { panorama, settings, settingsPath };
}

/** Runs `action` with a display on standard error, and closes the display whatever happens. */
export async function withReporter<T>(
  cli: Cli,
  command: Command,
  panorama: Panorama,
  action: (reporter: Reporter) => Promise<T>,
): Promise<T> {
  const { logFormat, debug } = command.optsWithGlobals<GlobalOptions>();
  const { stderr, env } = cli.io;
  const live = logFormat === "auto" && stderr.isTTY === true && env["TERM"] !== "dumb";
  const kind = logFormat === "json" ? "json" : live ? "terminal" : "lines";
  const opened = panorama.openReporter(kind, stderr);
  const reporter = debug === true ? withStacks(opened) : opened;
  const { notify } = cli;
  cli.notify = (message): void => {
    reporter.report({ kind: "notice", message });
  };
  try {
    return await action(reporter);
  } finally {
    cli.notify = notify;
    reporter.close();
  }
}

/** What failed is told together with where in the program it did. */
function withStacks(reporter: Reporter): Reporter {
  return {
    report(event) {
      reporter.report(event);
      if (!("error" in event)) return;
      const { source } = event;
      const about = event.kind === "table-failed" ? { source, table: event.table } : { source };
      reporter.report({ kind: "notice", ...about, message: spellStacks(event.error).join("\n") });
    },
    close: () => reporter.close(),
  };
}

/** The reader of standard output has seen enough, as `head` does. */
export class OutputClosed extends Error {}

/**
 * Writes a result; resolves when the stream has taken it, so that a slow reader slows the command. Throws
 * `OutputClosed` when nobody reads any more.
 */
export async function writeResult(cli: Cli, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    cli.io.stdout.write(text, (error) => {
      if (!error) resolve();
      else if ("code" in error && error.code === "EPIPE") reject(new OutputClosed("", { cause: error }));
      else reject(error);
    });
  });
}
