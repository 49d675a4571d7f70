import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { inject } from "vitest";

const response = await fetch(inject("builtProgramUrl"));
const answer = await response.text();
if (!response.ok) throw new Error(answer);
/** The built program's main file. */
export const mainFile: string = answer;

/** Lets what one test compiles serve the others. */
export const codeCache: Readonly<Record<string, string>> = {
  XDG_CACHE_HOME: join(dirname(mainFile), "../../cache"),
};

export interface Start {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Run as this user instead of the test's own. Only root may. */
  readonly uid?: number;
}

/** What a command line left behind. */
export interface Ended {
  /** As a shell tells it; undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of `--log-format json`. */
export type LoggedEvent = Readonly<Record<string, unknown>> & { readonly kind: string };

/** A command line that runs. Disposing kills it if it still does. */
export interface Running extends AsyncDisposable {
  readonly ended: Promise<Ended>;
  /** Resolves with the first logged event, past ones too, for which `wanted` holds. */
  waitFor(wanted: (event: LoggedEvent) => boolean): Promise<LoggedEvent>;
  kill(signal: NodeJS.Signals): void;
}

export function startPanorama(args: readonly string[], start: Start): Running {
  const stdio: StdioOptions = ["pipe", "pipe", "pipe"];
  const child = spawn(process.execPath, [mainFile, ...args], {
    cwd: start.folder,
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", ...codeCache, ...start.env },
    stdio,
    ...(start.uid === undefined ? {} : { uid: start.uid, gid: start.uid }),
  });
  // A command that does not read its input may have ended before it was written.
  child.stdin?.on("error", () => undefined).end(start.stdin ?? "");
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    wake();
  });
  const ended = once(child, "close").then(([code, signal]): Ended => {
    wake();
    return {
      exitCode: (code as number | null) ?? undefined,
      signal: (signal as NodeJS.Signals | null) ?? undefined,
      stdout,
      stderr,
    };
  });
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    waitFor: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const event = readEvents(stderr).find(wanted);
          if (event !== undefined) {
            waiting.delete(look);
            resolve(event);
          } else if (hasEnded(child)) {
            waiting.delete(look);
            reject(new Error(`the run ended without the event that was waited for:\n${stderr}`));
          }
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      if (!hasEnded(child)) child.kill("SIGKILL");
      await ended;
    },
  };
}

export async function runPanorama(args: readonly string[], start: Start): Promise<Ended> {
  return startPanorama(args, start).ended;
}

/** The whole lines of a JSON log. Throws for a line that is none. */
export function readEvents(log: string): readonly LoggedEvent[] {
  return log
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LoggedEvent);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
