import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchServer, openBenchServer } from "./bench-server.ts";
import { type BenchTable, ensureLargeTable, ensureTable, tableName } from "./bench-table.ts";
import {
  checkComparable,
  compareContent,
  describeLakeContent,
  describeServerContent,
} from "./compare-with-server.ts";
import { type BucketLoad, openBenchBucket } from "./bucket-loads.ts";
import { openDump } from "./dump.ts";
import { planFigures, renderFigures, spellRows, spread, verdictOf } from "./figures.ts";
import { describeMachine } from "./machine.ts";
import { openOtherPrograms } from "./other-programs.ts";
import { openPanoramaLoad, type PanoramaLoad, viewName } from "./panorama-loads.ts";
import { ownFolder, runBench, tell } from "./run-bench.ts";
import { runOnce, runRounds, timeVersion } from "./rounds.ts";

const usage = `make bench ARGS="[--quick] [--rows 2000000] [--courses 300] [--rounds 3]"
--quick: without the table of five times as many rows
`;
const largeTimes = 5;

interface Options {
  readonly rows: number;
  readonly courses: number;
  readonly rounds: number;
  readonly quick: boolean;
}

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  const started = new Date();
  const machine = await describeMachine();
  await using server = await openBenchServer(tell);
  const table = await ensureTable(server, options, tell);
  checkComparable(table);
  await using folder = await ownFolder();

  const plan = (
    name: string,
    format: "parquet" | "csv",
    ...partitionFields: string[]
  ): Promise<PanoramaLoad> =>
    openPanoramaLoad(server, folder.path, { name, format, partitionFields, database: table.database });
  const loads = [
    await plan("parquet", "parquet"),
    await plan("partitions", "parquet", "course_id"),
    await plan("csv", "csv"),
  ];
  await using bucket = await openBenchBucket(server, folder.path, tell);
  const inBucket = async (name: string, database: string): Promise<BucketLoad | undefined> =>
    bucket?.load({
      name: `${name} to a bucket`,
      partitionFields: name === "partitions" ? ["course_id"] : [],
      database,
    });
  const bucketLoads = [
    await inBucket("parquet", table.database),
    await inBucket("partitions", table.database),
  ].filter((load) => load !== undefined);
  const others = await openOtherPrograms(server, table, folder.path, tell);
  const contenders = [await openDump(server, table.database), ...loads, ...bucketLoads, ...others];

  const runs = await runRounds(contenders, options.rounds, signal, tell);
  const differences = await compareLoads(server, table, loads);
  differences.push(...(await compareBucketRows(bucketLoads.at(-1), table.rowCount)));
  const largeRows = table.rowCount * largeTimes;
  const largePeaks = new Map<string, number | undefined>();
  if (!options.quick) {
    const database = await ensureLargeTable(server, table, largeTimes, tell);
    for (const { name, partitionFields } of [
      { name: "parquet", partitionFields: [] },
      { name: "partitions", partitionFields: ["course_id"] },
    ]) {
      const large = { name: `${name}-large`, format: "parquet", partitionFields, database } as const;
      const load = await openPanoramaLoad(server, folder.path, large);
      largePeaks.set(name, (await runOnce(load, "large", signal, tell)).peakBytes);
      differences.push(...(await compareRowCount(load, largeRows)));
      await load.prepare();
      const bucketLoad = await inBucket(name, database);
      if (bucketLoad === undefined) continue;
      largePeaks.set(bucketLoad.name, (await runOnce(bucketLoad, "large", signal, tell)).peakBytes);
      differences.push(...(await compareBucketRows(bucketLoad, largeRows)));
      await bucketLoad.prepare();
    }
  }
  const versionSeconds = await timeVersion(signal);

  const partitions = table.courseCount;
  const figures = planFigures({ runs, largePeaks, largeRows, partitions, versionSeconds });
  const { address, version, bufferPoolBytes } = server;
  const transport = address.socket === undefined ? "TCP without TLS" : "its Unix socket";
  const dump = spread((runs.get("dump") ?? []).map(({ seconds }) => seconds));
  process.stdout.write(`
${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 1e9).toFixed(0)} GB, ${machine.system}, \
load ${machine.load.toFixed(1)} before it began
Node.js ${machine.node}; ${version} over ${transport}, buffer pool ${(bufferPoolBytes / 1e9).toFixed(1)} GB; \
panorama ${machine.commit ?? "outside of git"}
${tableName}: ${spellRows(table.rowCount)} rows, ${table.bytesPerRow} bytes a row on the wire, ${partitions} courses
D = ${seconds(dump.value)} (${seconds(dump.least)}–${seconds(dump.most)}), median of ${options.rounds}

${renderFigures(figures)}

${differences.length === 0 ? "What was loaded is what the server has: rows, NULLs and values of every column, in each format." : differences.join("\n")}
`);

  const file = join("bench/results", `${started.toISOString().replaceAll(":", "-")}.json`);
  const withVerdicts = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) }));
  const kept = {
    ...{
      startedAt: started.toISOString(),
      options,
      machine,
      server: { version, transport, bufferPoolBytes },
    },
    ...{ table, figures: withVerdicts, differences, runs: Object.fromEntries(runs) },
    ...{ largePeaks: Object.fromEntries(largePeaks), versionSeconds },
  };
  await mkdir("bench/results", { recursive: true });
  await writeFile(file, `${JSON.stringify(kept, null, 2)}\n`);
  tell(`kept in ${file}`);
  if (differences.length > 0) process.exitCode = 1;
}

/** By the lakes of the last round. */
async function compareLoads(
  server: BenchServer,
  table: BenchTable,
  loads: readonly PanoramaLoad[],
): Promise<string[]> {
  tell("comparing what was loaded with the server…");
  const expected = {
    parquet: await describeServerContent(server, table, "parquet"),
    csv: await describeServerContent(server, table, "csv"),
  };
  const differences: string[] = [];
  for (const load of loads) {
    const found = await describeLakeContent(load, table);
    differences.push(...compareContent(load.name, expected[load.format], found));
    // Room for the larger ones.
    await load.prepare();
  }
  return differences;
}

async function compareRowCount(load: PanoramaLoad, expected: number): Promise<readonly string[]> {
  const [row] = await load.ask(`SELECT count(*) AS row_count FROM ${viewName}`);
  const found = Number(row?.["row_count"]);
  return found === expected ? [] : [`${load.name}: ${expected} rows at the server, ${found} in the lake`];
}

/** All loads have the same bucket, so that only the last one's rows are there. */
async function compareBucketRows(load: BucketLoad | undefined, expected: number): Promise<readonly string[]> {
  const found = await load?.rowCount();
  if (load === undefined || found === expected) return [];
  return [`${load.name}: ${expected} rows at the server, ${found} in the bucket`];
}

function seconds(value: number | undefined): string {
  return value === undefined ? "?" : `${value.toFixed(2)} s`;
}

function readOptions(): Options {
  const number = (fallback: string) => ({ type: "string", default: fallback }) as const;
  const { values } = parseArgs({
    options: {
      rows: number("2000000"),
      courses: number("300"),
      rounds: number("3"),
      quick: { type: "boolean", default: false },
    },
  });
  const [rows, courses, rounds] = [Number(values.rows), Number(values.courses), Number(values.rounds)];
  if (![rows, courses, rounds].every((each) => Number.isInteger(each) && each > 0)) {
    throw new Error("--rows, --courses and --rounds are whole numbers above 0");
  }
  return { rows, courses, rounds, quick: values.quick };
}

await runBench(usage, readOptions, bench);
