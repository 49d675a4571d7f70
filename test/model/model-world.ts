import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  extractAndLoad,
  PanoramaError,
  queryLake,
  readSettings,
  type RunEvent,
  type RunOutcome,
  type Settings,
} from "../../src/index.ts";
import { mysqlDatasource } from "../journeys/site.ts";
import { describeNow, ExpectedLake, type LakeRow, type TableNow } from "./expected-lake.ts";
import { failDisk, runAndKill } from "./failing-disk.ts";
import type { Fate, History, RunPlan } from "./history.ts";
import type { ModelLake } from "./model-lake.ts";
import { ModelTable, spelled } from "./model-table.ts";
import { OpenTransaction } from "./open-transaction.ts";

/** Changes are known to be over when they are some seconds old. */
const settlingMillis = 4_500;

/** So few that tables of some rows have several ranges. */
const rowsPerKeyRange = 4;

/** What was met on the way, to see that the histories are not empty of what they are about. */
export interface Met {
  readonly runs: Map<string, number>;
  /** Loads of tables by how they were done. */
  readonly loads: Map<string, number>;
  /** Histories of tables that came to their end. */
  tables: number;
  /** Slices that were behind their source where they may be. */
  behind: number;
}

interface Member {
  readonly table: ModelTable;
  readonly lake: ExpectedLake;
}

/** As the manifest has it. */
interface PublishedTable {
  readonly table: string;
  readonly load?: { readonly run: string };
  readonly slices: readonly {
    readonly files: readonly { readonly keys?: { readonly from?: string } }[];
  }[];
}

interface Ended {
  readonly outcomes: readonly RunOutcome[];
  readonly errors: readonly unknown[];
  readonly events: readonly RunEvent[];
}

/** Lives through a history; throws where the lake, of which nothing is left, is not what it has to be. */
export async function liveThrough(
  history: History,
  writers: OpenTransaction,
  { lake, folder }: { readonly lake: ModelLake; readonly folder: string },
  met: Met,
): Promise<void> {
  const world = new ModelWorld(history, writers, lake, folder, met);
  try {
    await world.create();
    for (const [i, run] of history.runs.entries()) await world.live(i, run);
    await world.reconcile();
    met.tables += history.tables.length;
  } finally {
    await writers.end("rollback");
    await world.remove();
  }
}

class ModelWorld {
  readonly #history: History;
  readonly #members: readonly Member[];
  readonly #writers: OpenTransaction;
  readonly #lake: ModelLake;
  readonly #folder: string;
  readonly #met: Met;
  #format: "parquet" | "csv" = "parquet";

  constructor(history: History, writers: OpenTransaction, lake: ModelLake, folder: string, met: Met) {
    this.#history = history;
    this.#writers = writers;
    this.#lake = lake;
    this.#folder = folder;
    this.#met = met;
    this.#members = history.tables.map(({ shape }, i) => {
      const table = new ModelTable(`t${i}`, shape);
      return { table, lake: new ExpectedLake(table) };
    });
  }

  async create(): Promise<void> {
    for (const { table } of this.#members) await table.create(this.#writers);
  }

  async remove(): Promise<void> {
    this.#met.behind += this.#members.reduce((sum, { lake }) => sum + lake.behind, 0);
    const names = this.#members.map(({ table }) => table.name);
    await this.#writers.main.query(`drop table if exists ${names.join(", ")}`);
    await this.#lake.remove();
  }

  async live(index: number, plan: RunPlan): Promise<void> {
    for (const [i, { changes }] of this.#history.tables.entries()) {
      for (const change of changes[index] ?? []) {
        await (this.#members[i] as Member).table.apply(change, this.#writers);
      }
    }
    if (plan.otherFormat) this.#format = this.#format === "csv" ? "parquet" : "csv";
    if (plan.open !== "stays") await this.#writers.end(plan.open);
    const fate: Fate = plan.fate.fate === "loses-disk" && !this.#lake.onDisk ? { fate: "ends" } : plan.fate;
    count(this.#met.runs, fate.fate);
    if (plan.settled) await setTimeout(settlingMillis);
    if (fate.fate !== "skipped") await this.#run({ ...plan, fate });
  }

  /** At the end of every history the lake is the source once more, whatever no time and no number told. */
  async reconcile(): Promise<void> {
    await this.#writers.end("commit");
    await this.#run({ fate: { fate: "ends" }, force: true, busy: false });
  }

  async #run({ fate, force, busy }: Pick<RunPlan, "fate" | "force" | "busy">): Promise<void> {
    const now = await this.#describeNow();
    const settings = await this.#settings();
    const before = await this.#publishedRuns();
    const ended = await this.#runWith(settings, fate, force, busy);
    const failed = ended.outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
    const well = ended.errors.every((error) => fate.fate === "doubled" && isConflict(error)) && failed === 0;
    const hadToEndWell = fate.fate === "ends" || (fate.fate === "doubled" && ended.outcomes.length === 0);
    if (hadToEndWell && !(well && ended.outcomes.length > 0)) {
      throw new Error(`a run failed: ${JSON.stringify(ended.events)}`, { cause: ended.errors[0] });
    }
    // CSV files are replaced one after the other, and nothing is promised of the moments between.
    const rows = well || this.#format === "parquet" ? await this.#tryQuery(settings) : undefined;
    const after = await this.#publishedRuns();
    for (const [i, { table, lake }] of this.#members.entries()) {
      const tableNow = now[i] as TableNow;
      const tableRows = rows?.get(table.name);
      const published = before.get(table.name) !== after.get(table.name);
      if (well) {
        if (tableRows === undefined) throw new Error(`no rows of ${table.name} could be asked for`);
        this.#countLoads(table.name, ended.events);
        lake.check(tableRows, tableNow, { force, unchanged: !published });
        continue;
      }
      if (tableRows !== undefined) lake.checkBetween(tableRows, tableNow);
      if (published) lake.notePublished(tableNow, force);
    }
  }

  async #describeNow(): Promise<readonly TableNow[]> {
    const now = await this.#writers.now();
    const openMicros = this.#writers.openMicros(now);
    const cuts = await this.#rangeCuts();
    const found: TableNow[] = [];
    for (const { table } of this.#members) {
      const rows = await this.#writers.main.query(`select * from ${table.name}`);
      const of = { now, openMicros, format: this.#format, cuts: cuts.get(table.name) };
      found.push(describeNow(table, rows, of));
    }
    return found;
  }

  async #settings(): Promise<Settings> {
    const file = join(this.#folder, "panorama_settings.yaml");
    const entries = this.#members.map(({ table }) => table.entryFor(this.#format));
    const content = {
      datalake: { ...this.#lake.datalake, format: this.#format },
      datasources: [mysqlDatasource(this.#writers.main, entries, { parallel_reads: 1 })],
    };
    await writeFile(file, JSON.stringify(content));
    return readSettings(file);
  }

  async #runWith(settings: Settings, fate: Fate, force: boolean, busy: boolean): Promise<Ended> {
    const events: RunEvent[] = [];
    const writing: Promise<unknown>[] = [];
    const stop = new AbortController();
    let wrote = false;
    const report = (event: RunEvent): void => {
      if (fate.fate === "stopped" && events.length === fate.atEvent) stop.abort(new Error("stopped"));
      if (fate.fate === "loses-server" && events.length === fate.atEvent) writing.push(this.#killReaders());
      // The snapshot is open by then.
      if (busy && fate.fate === "ends" && !wrote && event.kind === "table-started") {
        wrote = true;
        writing.push(this.#write());
      }
      events.push(event);
    };
    const run = (): Promise<RunOutcome> =>
      extractAndLoad(
        settings,
        { all: true },
        { reporter: { report, close: () => undefined }, signal: stop.signal, force, rowsPerKeyRange },
      );
    const disk = fate.fate === "loses-disk" ? failDisk(fate.atOperation) : undefined;
    const running = fate.fate === "killed" ? [runAndKill(settings.file, force, fate.atOperation)] : [run()];
    if (fate.fate === "doubled") running.push(run());
    const settled = await Promise.allSettled(running);
    disk?.[Symbol.dispose]();
    await Promise.all(writing);
    if (fate.fate === "loses-disk") await this.#lake.removeLocks();
    return {
      outcomes: settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])),
      errors: settled.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : [])),
      events,
    };
  }

  /** Everybody changes something and commits. */
  async #write(): Promise<void> {
    for (const { table } of this.#members) {
      await table.apply(
        { change: "insert", part: this.#history.runs.length, value: 7, time: "next", open: false },
        this.#writers,
      );
      await table.apply(
        { change: "update", row: 0, value: 8, time: "next", part: undefined, open: false },
        this.#writers,
      );
    }
  }

  async #killReaders(): Promise<void> {
    const { main, sessions } = this.#writers;
    const rows = await main.query("select id as number from information_schema.processlist where db = ?", [
      main.name,
    ]);
    for (const id of rows.map(({ number }) => Number(number)).filter((each) => !sessions.includes(each))) {
      // It may have ended meanwhile.
      await main.query(`kill ${id}`).catch(() => undefined);
    }
  }

  /** The rows of every table as readers find them; undefined where they cannot ask. */
  async #tryQuery(settings: Settings): Promise<ReadonlyMap<string, readonly LakeRow[]> | undefined> {
    const parts = this.#members.map(
      ({ table: { name } }) => `select '${name}', to_json(t)::varchar from school_table_${name} t`,
    );
    const found = new Map<string, LakeRow[]>(this.#members.map(({ table }) => [table.name, []]));
    try {
      const sql = parts.join(" union all ");
      await using result = await queryLake(settings, sql, new AbortController().signal);
      for await (const [name, row] of result.rows) {
        const values = Object.entries(JSON.parse(String(row)) as Readonly<Record<string, unknown>>);
        const texts = values.map(([column, value]) => [column, spelled(value)] as const);
        found.get(String(name))?.push(Object.fromEntries(texts));
      }
    } catch (error) {
      if (this.#members.some(({ lake }) => !lake.isShown)) return undefined;
      throw error;
    }
    return found;
  }

  /** Which run's load of each table the manifest has. */
  async #publishedRuns(): Promise<ReadonlyMap<string, string>> {
    const tables = await this.#publishedTables();
    return new Map(tables.map(({ table, load }) => [table, load?.run ?? ""]));
  }

  /** Where the ranges meet of which the manifest's files are, of tables that are kept so. */
  async #rangeCuts(): Promise<ReadonlyMap<string, readonly bigint[]>> {
    const tables = await this.#publishedTables();
    const kept = tables.flatMap(({ table, slices }) => {
      const keys = slices.flatMap(({ files }) => files.flatMap((file) => file.keys ?? []));
      const cuts = new Set(keys.flatMap(({ from }) => (from === undefined ? [] : [from])));
      return keys.length === 0 ? [] : [[table, [...cuts].map(BigInt)] as const];
    });
    return new Map(kept);
  }

  async #publishedTables(): Promise<readonly PublishedTable[]> {
    const text = (await this.#lake.manifest()) ?? `{"tables":[]}`;
    return (JSON.parse(text) as { readonly tables: readonly PublishedTable[] }).tables;
  }

  #countLoads(table: string, events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.kind === "table-unchanged" && event.table === table) count(this.#met.loads, "unchanged");
      if (event.kind !== "table-loaded" || event.table !== table) continue;
      const some = event.strategy === "merge" ? "some key ranges" : "some slices";
      count(this.#met.loads, event.strategy === "merge" || event.keptSlices > 0 ? some : "all slices");
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof PanoramaError && error.code === "STORE_CONFLICT";
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
