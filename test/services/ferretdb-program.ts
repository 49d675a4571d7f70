import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { runToEnd } from "./server-process.ts";
import { findOnPath, isThere } from "./server-program.ts";

const run = promisify(execFile);

const module = "github.com/FerretDB/FerretDB";
const version = "v1.24.2";
/** Has to be raised with every change of `changes`. */
const build = 5;

/**
 * FerretDB, which speaks MongoDB's protocol and keeps its data in SQLite: built below `home` from its Go module,
 * unless that was done before. Rejects with a sentence when there is no Go, or no module.
 */
export async function ensureFerretdb(home: string, workFolder: string, log: string): Promise<string> {
  const program = join(home, "ferretdb", `ferretdb-${version}-build-${build}`);
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
  await changeSource(source);

  const built = join(workFolder, "ferretdb");
  const command = await withFasterJson(go);
  const options = ["-C", source, "-buildvcs=false", "-tags", "ferretdb_no_postgresql", "-o", built];
  await runToEnd([...command, "build", ...options, "./cmd/ferretdb"], undefined, log);
  await mkdir(join(home, "ferretdb"), { recursive: true });
  // As a whole: another test run may be looking for it.
  await rename(built, program);
  await rm(source, { recursive: true, force: true });
  return program;
}

/** How to run Go: with its second JSON package below the first one, where it has that; from 1.25 on. */
async function withFasterJson(go: string): Promise<readonly [string, ...string[]]> {
  const command = ["env", "GOEXPERIMENT=jsonv2", go] as const;
  const [program, ...words] = command;
  return run(program, [...words, "version"]).then(
    () => command,
    () => [go],
  );
}

/** Types of values, each read in a file of its own. */
const valueTypes = [
  ...["array", "binary", "bool", "datetime", "document", "double", "int32", "int64", "object_id", "string"],
  "timestamp",
];

/** What stands in the way of a modulestore, in FerretDB's own code. */
const changes: readonly { readonly file: string; readonly from: RegExp; readonly to: string }[] = [
  {
    // Arrays within arrays, of which a structure's children are made, are refused, although they are stored as well
    // as others.
    file: "internal/types/document_validation.go",
    from: /return newValidationError\(ErrValidation, fmt\.Errorf\(\s*"[^"]*nested arrays[^"]*",[^\n]*\n\s*\)\)/,
    to: "continue",
  },
  {
    // Every iterator is written into a profile, with its stack and a finalizer: a third of a large document's time.
    file: "internal/util/resource/resource.go",
    from: /(?<=func (Track|Untrack)\(obj any, token \*Token\) \{\n)/g,
    to: "\treturn\n",
  },
  {
    // For every value a decoder is made that copies it first: a third of what is left of a large document's time.
    // `Unmarshal` refuses by itself what is left behind a value.
    file: "internal/handler/sjson/sjson.go",
    from: /$/,
    to: `
type wholeValue struct{ data []byte }

func (w wholeValue) Decode(v any) error { return json.Unmarshal(w.data, v) }
func (wholeValue) DisallowUnknownFields() {}
func (wholeValue) consumed(*bytes.Reader) error { return nil }
`,
  },
  ...valueTypes.flatMap((type) => {
    const file = `internal/handler/sjson/${type}.go`;
    return [
      { file, from: /json\.NewDecoder\(r\)/, to: "wholeValue{data}" },
      { file, from: /checkConsumed\(dec, r\)/, to: "dec.consumed(r)" },
    ];
  }),
  {
    // SQLite takes an index for an expression that is spelled as the index's own, and otherwise reads the whole table.
    file: "internal/backends/sqlite/metadata/metadata.go",
    from: /"->'\$\._id'"/,
    to: '`->"_id"`',
  },
  {
    // Several ids at once are looked for in the whole collection. The filter is applied to what is found all the same.
    file: "internal/backends/sqlite/collection.go",
    from: /(?<=v, _ := params\.Filter\.Get\("_id"\)\n)/,
    to: `
    if in, ok := v.(*types.Document); ok && in.Len() == 1 {
      listed, _ := in.Get("$in")
      if ids, ok := listed.(*types.Array); ok && ids.Len() > 0 {
        marks := "?"
        for i := 0; i < ids.Len(); i++ {
          args = append(args, string(must.NotFail(sjson.MarshalSingleValue(must.NotFail(ids.Get(i))))))
          if i > 0 {
            marks += ", ?"
          }
        }
        whereClause = fmt.Sprintf(" WHERE %s IN (%s)", metadata.IDColumn, marks)
      }
    }
`,
  },
];

async function changeSource(source: string): Promise<void> {
  for (const { file, from, to } of changes) {
    const path = join(source, file);
    const code = await readFile(path, "utf8");
    if (!from.test(code)) throw new Error(`${file} of ${module} is not as expected`);
    await writeFile(
      path,
      code.replace(from, () => to),
    );
  }
}
