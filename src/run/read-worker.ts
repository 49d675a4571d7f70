import { fileURLToPath } from "node:url";
import { openCodeCache } from "../start/code-cache.ts";
import { loadProgram } from "../start/compiled-program.ts";

/** The part of the program that this file needs: cli is no business of run's. */
interface Program {
  readonly startReader: () => Promise<void>;
}

const path = fileURLToPath(new URL("./program.cjs", import.meta.url));
await loadProgram<Program>(path, openCodeCache(process.env)).exports.startReader();
