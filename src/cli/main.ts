#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { openCodeCache } from "../start/code-cache.ts";
import { loadProgram } from "../start/compiled-program.ts";

type Program = typeof import("./run-cli.ts") & typeof import("./stop-signal.ts");

// A reader such as `head` that has seen enough is no failure. A log that cannot be written must not stop a load.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});
process.stderr.on("error", () => {});

/** What most commands load of Node.js. */
const builtins = [
  ...["child_process", "crypto", "fs/promises", "module", "net", "perf_hooks", "readline/promises", "stream"],
  ...["timers/promises", "tls", "vm", "worker_threads", "zlib"],
];

const version = readVersion();
const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  // Before commander and the library are loaded: scripts ask for the version.
  process.stdout.write(`${version}\n`);
} else {
  void runProgram();
}

async function runProgram(): Promise<never> {
  // Stays where nothing is left to wait for: what never ends is no success.
  process.exitCode = 1;
  setFlags();
  const { stdin, stdout, stderr, env } = process;
  const path = fileURLToPath(new URL("../program.cjs", import.meta.url));
  const program = loadProgram<Program>(path, openCodeCache(env));
  const signal = stopOnSignals(program.exports);
  const exitCode = await program.exports.runCli(argv, { version, stdin, stdout, stderr, env, signal });
  // A pipe may still be taking what was written; `process.exit` would throw it away.
  await Promise.all([flush(stdout), flush(stderr)]);
  if (!signal.aborted) program.keepCode();
  process.exit(exitCode);
}

/** Of what is loaded afterwards V8 takes no code that was compiled with other flags, and that of Node.js itself is. */
function setFlags(): void {
  const load = createRequire(import.meta.url);
  for (const name of builtins) load(`node:${name}`);
  // What a load has on the heap is little and lives long; what comes from sockets makes V8 collect it dozens of times. It
  // may grow to two and a half times of what a collection left (of some 20 MB) first: a tenth of a load's time.
  setFlagsFromString("--heap-growing-percent=150");
  // New objects get their 16 MB at once, not doubled seven times: what a start makes stays, and each time that V8 finds it so it
  // lowers the size of the heap at which it collects all of it. A sixth of the processor time of a short run.
  setFlagsFromString("--semi-space-growth-factor=16");
  // A long load would otherwise lose the code of its beginning, some 2 MB, and the cache would lack it.
  setFlagsFromString("--no-flush-bytecode");
}

/** From the package this file is in: src/cli/ and dist/cli/ are equally deep. */
function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

/** The first SIGINT or SIGTERM asks for a stop, the second does not ask. */
function stopOnSignals({ StopSignal }: Program): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      const reason = new StopSignal(name);
      if (controller.signal.aborted) process.exit(reason.exitCode);
      controller.abort(reason);
    });
  }
  return controller.signal;
}

async function flush(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write("", () => {
      resolve();
    });
  });
}
