import { Readable, Writable } from "node:stream";
import { runCli } from "../../src/cli/run-cli.ts";

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string;
  readonly stdinIsTerminal?: boolean;
  readonly signal?: AbortSignal;
}

/** Runs a command line as a shell would, in this process, and returns what it wrote. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const stdin = Object.assign(Readable.from([Buffer.from(surroundings.stdin ?? "")]), {
    isTTY: surroundings.stdinIsTerminal === true,
  });
  const [stdout, stderr] = [collect(), collect()];
  const signal = surroundings.signal ?? new AbortController().signal;
  const exitCode = await runCli(argv, {
    version: "1.2.3",
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    signal,
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
