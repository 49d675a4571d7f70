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
  /** Processor time of the child's tree, to a twentieth of a second; undefined as above. */
  readonly processorSeconds: number | undefined;
}

/** Runs a command to its end, its standard output thrown away. Rejects with what it said when it fails. */
export async function measureChild(command: ChildCommand, signal: AbortSignal): Promise<Measured> {
  signal.throwIfAborted();
  const { program, words, folder, environment } = command;
  const started = performance.now();
  const child = spawn(program, words, {
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...cronEnvironment(), ...environment },
    stdio: ["ignore", "ignore", "pipe"],
    signal,
  });
  const said = text(child.stderr);
  const stopSampling = sample(child);
  try {
    const [code, killedBy] = (await once(child, "exit")) as [number | null, string | null];
    const seconds = (performance.now() - started) / 1000;
    if (code !== 0) {
      const tail = (await said).trim().split("\n").slice(-15).join("\n");
      throw new Error(`${program} ended with ${code ?? killedBy ?? "nothing"}:\n${tail}`);
    }
    return { seconds, ...stopSampling() };
  } finally {
    stopSampling();
    // An aborted one may still write where its folder is about to be removed.
    const lives = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    if (lives) await new Promise((resolve) => child.once("exit", resolve));
  }
}

/** What cron would give it too. With NODE_EXTRA_CA_CERTS, for one, Node.js reads a list of certificates at each start, for 50 ms. */
function cronEnvironment(): NodeJS.ProcessEnv {
  const names = ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TMPDIR", "USER"];
  return Object.fromEntries(
    names.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])),
  );
}

const sampleMillis = 50;
/** To find children means to read all of /proc, which is dear. */
const samplesPerSearch = 10;

/** Of USER_HZ, which is 100 on every Linux that Node.js runs on. */
const ticksInSecond = 100;

function sample({ pid }: ChildProcess): () => Pick<Measured, "peakBytes" | "processorSeconds"> {
  let peak: number | undefined;
  const ticks = new Map<number, number>();
  let count = 0;
  let tree: readonly number[] = pid === undefined ? [] : [pid];
  const look = (): void => {
    if (pid !== undefined && ++count % samplesPerSearch === 0) tree = findTree(pid);
    const now = tree.reduce((sum, each) => sum + (statusNumber(each, "VmHWM") ?? 0) * 1024, 0);
    if (now > 0) peak = Math.max(peak ?? 0, now);
    for (const each of tree) ticks.set(each, processorTicks(each) ?? ticks.get(each) ?? 0);
  };
  const timer = setInterval(look, sampleMillis);
  return () => {
    clearInterval(timer);
    const used = [...ticks.values()].reduce((sum, each) => sum + each, 0) / ticksInSecond;
    return { peakBytes: peak, processorSeconds: used > 0 ? used : undefined };
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

/** In user code and in the kernel, of a process; undefined as below. */
function processorTicks(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [user, kernel] = status
      .slice(status.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return Number(user) + Number(kernel);
  } catch {
    return undefined;
  }
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
