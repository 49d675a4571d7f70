import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

export interface ChildCommand {
  readonly program: string;
  readonly words: readonly string[];
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Measured {
  readonly seconds: number;
  /**
   * The largest sum, at any one moment, of what each process of the child's tree had needed at most until then
   * (VmHWM). Undefined where there is no /proc.
   */
  readonly peakBytes: number | undefined;
}

/** Runs a command to its end, its standard output thrown away. Rejects with what it said when it fails. */
export async function measureChild(command: ChildCommand, signal: AbortSignal): Promise<Measured> {
  signal.throwIfAborted();
  const { program, words, folder, environment } = command;
  const started = performance.now();
  const child = spawn(program, words, {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
    signal,
  });
  const said = text(child.stderr);
  const stopSampling = samplePeak(child);
  try {
    const [code, killedBy] = (await once(child, "exit")) as [number | null, string | null];
    const seconds = (performance.now() - started) / 1000;
    if (code !== 0) {
      const tail = (await said).trim().split("\n").slice(-15).join("\n");
      throw new Error(`${program} ended with ${code ?? killedBy ?? "nothing"}:\n${tail}`);
    }
    return { seconds, peakBytes: stopSampling() };
  } finally {
    stopSampling();
    // An aborted one may still write where its folder is about to be removed.
    const lives = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    if (lives) await new Promise((resolve) => child.once("exit", resolve));
  }
}

const sampleMillis = 50;
/** To find children means to read all of /proc, which is dear. */
const samplesPerSearch = 10;

function samplePeak({ pid }: ChildProcess): () => number | undefined {
  let peak: number | undefined;
  let count = 0;
  let tree: readonly number[] = pid === undefined ? [] : [pid];
  const sample = (): void => {
    if (pid !== undefined && ++count % samplesPerSearch === 0) tree = findTree(pid);
    const now = tree.reduce((sum, each) => sum + (statusNumber(each, "VmHWM") ?? 0) * 1024, 0);
    if (now > 0) peak = Math.max(peak ?? 0, now);
  };
  const timer = setInterval(sample, sampleMillis);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function findTree(root: number): readonly number[] {
  const parents = readdirSync("/proc", { withFileTypes: true })
    .map(({ name }) => Number(name))
    .filter(Number.isInteger)
    .map((pid) => ({ pid, parent: statusNumber(pid, "PPid") }));
  const tree = [root];
  // It grows while it is walked.
  for (const found of tree) {
    tree.push(...parents.filter(({ parent }) => parent === found).map(({ pid }) => pid));
  }
  return tree;
}

/** Undefined when the process has ended, or the machine has no /proc. */
function statusNumber(pid: number, field: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const found = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}
