import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchServer, openBenchServer } from "./bench-server.ts";
import { ensureChangingTable, tableName } from "./bench-table.ts";
import { describeMachine } from "./machine.ts";
import { type Measured, measureChild } from "./measured-child.ts";
import { openPanoramaLoad, type PanoramaLoad, viewName } from "./panorama-loads.ts";
import { ownFolder, runBench, tell } from "./run-bench.ts";
import { runOnce } from "./rounds.ts";

const usage = `make bench-changes ARGS="[--rows 2000000] [--share 0.01] [--newest 0.05] [--rounds 3]"

Loads ${tableName} with \`strategy: merge\`: all of it, then what a running course changed, then nothing.
Before each load of changes --share of the rows change: a fifth of these are new, the others are updates of rows that
are spread evenly over the newest --newest of the table, as learners come back to what they began some days ago.
`;

/** What has to be reached. */
const mostOfFull = 0.15;
const mostIdleSeconds = 3;
/** A change is known to be over when it is some seconds old. */
const settlingSeconds = 5;

interface Options {
  readonly rows: number;
  readonly share: number;
  readonly newest: number;
  readonly rounds: number;
}

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  const { rows, share, newest, rounds } = options;
  const machine = await describeMachine();
  await using server = await openBenchServer(tell);
  const database = await ensureChangingTable(server, rows, tell);
  await using folder = await ownFolder();
  const load = await openPanoramaLoad(server, folder.path, {
    ...{ name: "merge", format: "parquet", partitionFields: [], database },
    keeping: { strategy: "merge", partitions: { timestamp_field: "modified" } },
  });
  const lake = join(folder.path, "merge");
  const full: Measured[] = [];
  const merged: Measured[] = [];
  const idle: Measured[] = [];
  let written = 0;
  for (let round = 0; round <= rounds; round++) {
    const name = round === 0 ? "warm-up" : `round ${round}`;
    const measured = [await runOnce(load, `${name}, all`, signal, tell)];
    await change(server, database, Math.round(rows * share), newest);
    await settle(signal);
    measured.push(await again(load, `${name}, changes`, signal));
    const before = await countFiles(lake);
    measured.push(await again(load, `${name}, nothing`, signal));
    written += (await countFiles(lake)) - before;
    if (round === 0) continue;
    for (const [i, list] of [full, merged, idle].entries()) list.push(measured[i] as Measured);
  }
  const same = await hasSameRows(server, database, load);
  await rm(lake, { recursive: true, force: true });
  const [all, changes, nothing] = [median(full), median(merged), median(idle)];
  const ratio = changes / all;
  const reached = ratio <= mostOfFull && nothing <= mostIdleSeconds && written === 0 && same;
  process.stdout.write(`
${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 1e9).toFixed(0)} GB, ${machine.system}, \
load ${machine.load.toFixed(1)} before it began; Node.js ${machine.node}; ${server.version}; panorama ${machine.commit ?? "outside of git"}
${tableName}: ${rows} rows; ${share * 100} % changed, a fifth of them new, the others among the newest ${newest * 100} %
all of it: ${all.toFixed(2)} s; what changed: ${changes.toFixed(2)} s, ${(ratio * 100).toFixed(1)} % of that; \
nothing changed: ${nothing.toFixed(2)} s, ${written} files written; medians of ${rounds}
${same ? "The lake has the rows of the server." : "The lake does not have the rows of the server."}
wanted: ${mostOfFull * 100} %, ${mostIdleSeconds} s, no file: ${reached ? "reached" : "missed"}
`);
  if (!reached) process.exitCode = 1;
}

/** Leaves the lake as it is. */
async function again(load: PanoramaLoad, what: string, signal: AbortSignal): Promise<Measured> {
  return runOnce({ ...load, prepare: async () => undefined }, what, signal, tell);
}

/** A fifth new rows, copies of others, and updates among the newest. */
async function change(server: BenchServer, database: string, count: number, newest: number): Promise<void> {
  const table = `${database}.${tableName}`;
  const [about] = await server.query(`SELECT max(id) AS last, count(*) AS total FROM ${table}`);
  const last = Number(about?.["last"]);
  const added = Math.round(count / 5);
  const updated = count - added;
  const among = Math.round(Number(about?.["total"]) * newest);
  const step = Math.max(1, Math.floor(among / updated));
  await server.query(
    `UPDATE ${table} SET grade = 1 - coalesce(grade, 0), modified = utc_timestamp(6)
     WHERE id > ${last - step * updated} AND id MOD ${step} = 0`,
  );
  await server.query(
    `INSERT INTO ${table}
     SELECT id + ${added}, module_type, module_id, course_id, state, grade, max_grade, done, utc_timestamp(6),
       utc_timestamp(6), student_id FROM ${table} WHERE id > ${last - added}`,
  );
}

async function settle(signal: AbortSignal): Promise<void> {
  await measureChild({ program: "sleep", words: [String(settlingSeconds)] }, signal);
}

async function countFiles(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith(".parquet")).length;
}

async function hasSameRows(server: BenchServer, database: string, load: PanoramaLoad): Promise<boolean> {
  const sums = "count(*) AS n, CAST(sum(id) AS CHAR) AS ids, round(sum(grade), 3) AS grades";
  const [expected] = await server.query(
    `SELECT ${sums}, CAST(max(modified) AS CHAR) AS latest FROM ${database}.${tableName}`,
  );
  const [found] = await load.ask(
    `SELECT ${sums.replace("CHAR", "VARCHAR")}, CAST(max(modified) AS VARCHAR) AS latest FROM ${viewName}`,
  );
  return ["n", "ids", "grades", "latest"].every((name) => {
    const [a, b] = [expected?.[name], found?.[name]].map((value) => String(value).replace(/\.?0+$/, ""));
    return a === b;
  });
}

function median(measured: readonly Measured[]): number {
  const sorted = measured.map(({ seconds }) => seconds).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function readOptions(): Options {
  const number = (fallback: string) => ({ type: "string", default: fallback }) as const;
  const { values } = parseArgs({
    options: {
      ...{ rows: number("2000000"), share: number("0.01"), newest: number("0.05"), rounds: number("3") },
    },
  });
  const [rows, rounds] = [Number(values.rows), Number(values.rounds)];
  const [share, newest] = [Number(values.share), Number(values.newest)];
  const whole = [rows, rounds].every((each) => Number.isInteger(each) && each > 0);
  if (!whole || ![share, newest].every((each) => each > 0 && each <= 1) || newest < share) {
    throw new Error(
      "--rows and --rounds are whole numbers above 0, --share and --newest parts of 1, the first the smaller",
    );
  }
  return { rows, share, newest, rounds };
}

await runBench(usage, readOptions, bench);
