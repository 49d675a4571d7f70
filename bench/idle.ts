import { readdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type BenchServer, openBenchServer } from "./bench-server.ts";
import { targetOf } from "./bench-table.ts";
import { fillMysql } from "./fill-mysql.ts";
import { describeMachine } from "./machine.ts";
import { measureChild, type Measured } from "./measured-child.ts";
import { benchConnection } from "./panorama-loads.ts";
import { ownFolder, runBench, tell } from "./run-bench.ts";

const usage = `make bench-idle ARGS="[--scale 36] [--rounds 3]"

Loads all Open edX tables of a site, then runs again while nothing changes.
--scale: 36 is about two million rows of courseware_studentmodule
`;

const database = "panorama_bench_site";
/** What has to be reached. */
const mustSeconds = 3;
const mustBytes = 30e6;

/** A table that changed within three seconds before a load is not taken for unchanged by the next one. */
const settlingMillis = 5_000;

interface Options {
  readonly scale: number;
  readonly rounds: number;
}

interface IdleRun extends Measured {
  /** What the server sent to all its clients meanwhile. */
  readonly sentBytes: number;
  /** Files of tables that are there now, and were not before or were other ones. */
  readonly newFiles: number;
}

async function bench({ scale, rounds }: Options, signal: AbortSignal): Promise<void> {
  const machine = await describeMachine();
  await using server = await openBenchServer(tell);
  await using folder = await ownFolder();
  const rowCount = await fillSite(server, scale);
  await setTimeout(settlingMillis);
  const settingsFile = join(folder.path, "panorama_settings.yaml");
  const lake = join(folder.path, "lake");
  await writeFile(settingsFile, JSON.stringify(planSettings(server, lake)));
  const command = {
    program: resolve("panorama"),
    words: ["--settings", settingsFile, "extract-and-load", "--all"],
    environment: { PANORAMA_BENCH_PASSWORD: server.address.password },
  };
  const first = await measureChild(command, signal);
  tell(`all: ${first.seconds.toFixed(1)} s`);

  const runs: IdleRun[] = [];
  for (let round = 0; round < rounds; round++) {
    const [files, sent] = [await listFiles(lake), await sentBytes(server)];
    const measured = await measureChild(command, signal);
    const sentMeanwhile = (await sentBytes(server)) - sent;
    const newFiles = [...(await listFiles(lake))].filter(([file, mark]) => files.get(file) !== mark).length;
    runs.push({ ...measured, sentBytes: sentMeanwhile, newFiles });
    tell(spell(runs.at(-1) as IdleRun));
  }

  const most = (of: (run: IdleRun) => number): number => Math.max(...runs.map(of));
  const seconds = runs.map((run) => run.seconds).toSorted((a, b) => a - b)[runs.length >> 1] ?? 0;
  const reached =
    seconds <= mustSeconds && most((run) => run.sentBytes) <= mustBytes && most((run) => run.newFiles) === 0;
  process.stdout.write(`
${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 1e9).toFixed(0)} GB, ${machine.system}; Node.js ${machine.node}; \
${server.version}; panorama ${machine.commit ?? "outside of git"}, load ${machine.load.toFixed(1)} before it began
${rowCount.toLocaleString("en")} rows, all loaded in ${first.seconds.toFixed(1)} s; nothing changed since:
${runs.map(spell).join("\n")}
wanted: ${mustSeconds} s, ${mustBytes / 1e6} MB from the server, no file of a table: ${reached ? "reached" : "missed"}
`);
  if (!reached) process.exitCode = 1;
}

function spell({ seconds, processorSeconds = 0, sentBytes: sent, newFiles }: IdleRun): string {
  return `${seconds.toFixed(2)} s (${processorSeconds.toFixed(1)} s of a processor), ${(sent / 1e6).toFixed(2)} MB from the server, ${newFiles} files of tables`;
}

/** Its number of rows. Filled each time: how many rows an earlier one had is not known. */
async function fillSite(server: BenchServer, scale: number): Promise<number> {
  tell(`filling ${database} with a site of scale ${scale}…`);
  await server.query(`DROP DATABASE IF EXISTS ${database}`);
  const filled = await fillMysql({ ...targetOf(server), database }, { scale, seed: 1, indexes: "primary" });
  return filled.reduce((sum, table) => sum + table.rowCount, 0);
}

function planSettings(server: BenchServer, lake: string): object {
  return {
    datalake: { type: "local", path: lake, base_prefix: "bench" },
    datasources: [{ type: "mysql", name: "bench", preset: "openedx", ...benchConnection(server, database) }],
  };
}

async function sentBytes(server: BenchServer): Promise<number> {
  const [row] = await server.query("SHOW GLOBAL STATUS LIKE 'Bytes_sent'");
  return Number(row?.["Value"]);
}

/** The files of the lake's tables, each with what would differ if it had been written again. */
async function listFiles(lake: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(join(lake, "bench"), { recursive: true });
  const files = new Map<string, string>();
  for (const name of found.filter((each) => !each.startsWith("_panorama"))) {
    const { ino, mtimeMs, size } = await stat(join(lake, "bench", name));
    files.set(name, `${ino} ${mtimeMs} ${size}`);
  }
  return files;
}

function readOptions(): Options {
  const number = (fallback: string) => ({ type: "string", default: fallback }) as const;
  const { values } = parseArgs({ options: { scale: number("36"), rounds: number("3") } });
  const [scale, rounds] = [Number(values.scale), Number(values.rounds)];
  if (!(scale > 0) || !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error("--scale is a number above 0, --rounds a whole one");
  }
  return { scale, rounds };
}

await runBench(usage, readOptions, bench);
