import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { runToEnd } from "./server-process.ts";
import { findOnPath, isThere } from "./server-program.ts";

const run = promisify(execFile);

const module = "github.com/FerretDB/FerretDB";
const version = "v1.24.2";

/**
 * FerretDB, which speaks MongoDB's protocol and keeps its data in SQLite: built below `home` from its Go module,
 * unless that was done before. Rejects with a sentence when there is no Go, or no module.
 */
export async function ensureFerretdb(home: string, workFolder: string, log: string): Promise<string> {
  const program = join(home, "ferretdb", `ferretdb-${version}-nested-arrays`);
  if (await isThere(program)) return program;
  const go = await findOnPath("go");
  if (go === undefined) throw new Error("there is no Go here to build FerretDB with");

  const { stdout } = await run(go, ["mod", "download", "-json", `${module}@${version}`]);
  const { Dir: downloaded } = JSON.parse(stdout) as { Dir: string };
  const source = join(workFolder, "source");
  await rm(source, { recursive: true, force: true });
  await cp(downloaded, source, { recursive: true });
  await runToEnd(["chmod", "-R", "u+w", source], undefined, log);
  // Its build writes this file from git; without it the program ends as soon as it starts.
  await writeFile(join(source, "build/version/version.txt"), `${version}\n`);
  await allowNestedArrays(join(source, "internal/types/document_validation.go"));

  const built = join(workFolder, "ferretdb");
  const tags = ["-tags", "ferretdb_no_postgresql"];
  await runToEnd(
    [go, "build", "-C", source, "-buildvcs=false", ...tags, "-o", built, "./cmd/ferretdb"],
    undefined,
    log,
  );
  await mkdir(join(home, "ferretdb"), { recursive: true });
  // As a whole: another test run may be looking for it.
  await rename(built, program);
  await rm(source, { recursive: true, force: true });
  return program;
}

const refusal =
  /return newValidationError\(ErrValidation, fmt\.Errorf\(\s*"[^"]*nested arrays[^"]*",[^\n]*\n\s*\)\)/;

/** It refuses arrays within arrays, of which a structure's children are made, although it stores them as well as others. */
async function allowNestedArrays(file: string): Promise<void> {
  const code = await readFile(file, "utf8");
  if (!refusal.test(code))
    throw new Error(`${file} is not as expected: does it take nested arrays by itself?`);
  await writeFile(file, code.replace(refusal, "continue"));
}
