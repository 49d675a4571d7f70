import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { openDuckdbCatalog } from "../src/catalogs/duckdb/duckdb-catalog.ts";
import { queryLake } from "../src/catalogs/duckdb/query.ts";
import { lakeTables } from "../src/lake/lake-tables.ts";
import { readLakes } from "../src/lake/read-lakes.ts";
import { planSite } from "../src/openedx/sample/site.ts";
import { openLocalStore } from "../src/stores/local-store.ts";
import { planViews } from "../src/views/plan-views.ts";
import { readViewFolder } from "../src/views/read-view-folder.ts";
import { describeMachine } from "./machine.ts";
import { spellRows } from "./figures.ts";
import { writeStructures } from "./view-structures.ts";

const usage = `make bench-views ARGS="[--scale 36] [--rounds 3]"

Asks every Open edX view of a sample site for all its rows.
--scale: 36 is about two million rows of courseware_studentmodule
`;

const run = promisify(execFile);
const program = resolve("dist/cli/main.cjs");
const lms = "lms.example.com";
const prefix = "openedx";
const tableNames = [
  "auth_user",
  "auth_userprofile",
  "certificates_generatedcertificate",
  "completion_blockcompletion",
  "course_goals_useractivity",
  "course_overviews_courseoverview",
  "courseware_studentmodule",
  "grades_persistentcoursegrade",
  "student_courseaccessrole",
  "student_courseenrollment",
  "student_courseenrollment_history",
  "student_manualenrollmentaudit",
];

/** What has to be reached for the views of the metrics. */
const mustSeconds = 5;

interface Timed {
  readonly view: string;
  readonly rows: number;
  readonly seconds: readonly number[];
  /** Of both cores together, which says more on a machine that does other things. */
  readonly cpuSeconds: readonly number[];
}

async function bench(scale: number, rounds: number): Promise<void> {
  const machine = await describeMachine();
  await using folder = await ownFolder();
  const lake = join(folder.path, "lake");
  const settingsFile = join(folder.path, "panorama_settings.yaml");
  const ask = async (...words: string[]): Promise<string> =>
    (await run(process.execPath, [program, "--settings", settingsFile, ...words], { maxBuffer: 1 << 30 }))
      .stdout;
  await writeFile(
    settingsFile,
    JSON.stringify({
      datalake: {
        type: "local",
        path: lake,
        base_prefix: prefix,
        base_partitions: [{ name: "lms", type: "varchar", value: lms }],
      },
      datasources: [
        {
          type: "openedx_sample",
          name: "school",
          scale,
          seed: 1,
          tables: tableNames.map((name) => ({ name })),
        },
      ],
    }),
  );
  tell(`loading a sample site of scale ${scale}`);
  await ask("extract-and-load", "--all");
  const views = await showViews(lake, folder.path, scale);

  const timed: Timed[] = [];
  for (const view of views) {
    timed.push(await timeView(join(lake, "panorama.duckdb"), view, rounds));
    tell(spellTimed(timed.at(-1) as Timed));
  }
  const [{ count = 0 } = {}] = JSON.parse(
    await ask(
      "query",
      "--format=json",
      `select count(*) as count from ${prefix}_table_courseware_studentmodule`,
    ),
  ) as { count: number }[];
  process.stdout.write(`
${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 1e9).toFixed(0)} GB, Node.js ${machine.node}, \
load ${machine.load.toFixed(1)} before it began
${spellRows(count)} rows of courseware_studentmodule; median of ${rounds}

| view | rows | seconds | CPU seconds | |
|---|---|---|---|---|
${timed.map(spellTimed).join("\n")}
`);
}

/** The catalog with the structures of the courses, which a sample site has in no table, and with the views. */
async function showViews(lake: string, folder: string, scale: number): Promise<readonly string[]> {
  const structures = await writeStructures(
    planSite({ scale, seed: 1 }),
    join(folder, "structures.parquet"),
    lms,
  );
  const store = await openLocalStore(lake);
  const tables = [...lakeTables(await readLakes(store, prefix), store.root), structures];
  const { views } = planViews(await readViewFolder("src/openedx/views"), tables);
  const refused = await openDuckdbCatalog({ path: join(lake, "panorama.duckdb") }).publish(tables, { views });
  if (refused.length > 0) throw new Error(refused.map(({ message }) => message).join("\n"));
  return views.map(({ name }) => name).sort();
}

/** All rows of the view, as `panorama query` reads them. */
async function timeView(path: string, view: string, rounds: number): Promise<Timed> {
  const seconds: number[] = [];
  const cpuSeconds: number[] = [];
  let rows = 0;
  for (let round = 0; round < rounds; round++) {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    rows = 0;
    await using result = await queryLake({ path, sql: `select * from ${view}` });
    for await (const row of result.rows) rows += row.length > 0 ? 1 : 0;
    const { user, system } = process.cpuUsage(cpu);
    seconds.push((performance.now() - began) / 1000);
    cpuSeconds.push((user + system) / 1e6);
  }
  return { view, rows, seconds, cpuSeconds };
}

function spellTimed({ view, rows, seconds, cpuSeconds }: Timed): string {
  const verdict = median(seconds) < mustSeconds ? "ok" : `missed: ${mustSeconds} s`;
  const figures = [median(seconds), median(cpuSeconds)].map((each) => each.toFixed(1)).join(" | ");
  return `| \`${view}\` | ${rows.toLocaleString("en")} | ${figures} | ${verdict} |`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function ownFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "panorama-bench-views-"));
  await mkdir(path, { recursive: true });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

const { values } = parseArgs({
  options: {
    scale: { type: "string", default: "36" },
    rounds: { type: "string", default: "3" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(usage);
else await bench(Number(values.scale), Number(values.rounds));
