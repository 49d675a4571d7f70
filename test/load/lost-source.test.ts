import { expect, test } from "vitest";
import { csvEncoder } from "../../src/encoders/csv/csv-encoder.ts";
import type { Encoder } from "../../src/encoders/encoder.ts";
import { parquetEncoder } from "../../src/encoders/parquet/parquet-encoder.ts";
import { PanoramaError } from "../../src/errors.ts";
import { type LakeLoad, loadLake, type SourceToLoad } from "../../src/load/load-lake.ts";
import type { RunEvent } from "../../src/reports/reporter.ts";
import type { Source, TableReading } from "../../src/sources/source.ts";
import type { Store } from "../../src/stores/store.ts";
import type { RecordBatch } from "../../src/table/record-batch.ts";
import { details } from "../encoders/parquet/parquet-in-memory.ts";
import { batchesOfTable, keysIn, place, schemaOfTable, temporaryStore } from "./table-in-memory.ts";
import type { TableInMemory } from "./table-in-memory.ts";

/** A source at one moment: its tables, or `lost` where the connection is lost in the middle of one; optional ones may be absent. */
type Moment = Readonly<Record<string, TableInMemory | "lost" | "absent">>;

/** Rows of the numbers, each in the partition of its letter. */
function things(rows: Readonly<Record<number, string>>): TableInMemory {
  return {
    types: { id: { kind: "int32" }, part: { kind: "text" } },
    rows: Object.entries(rows).map(([id, part]) => [Number(id), part]),
    partitionBy: ["part"],
  };
}

const unreachable = new PanoramaError("SOURCE_UNREACHABLE", "Cannot connect to db:3306");
const unfit = new PanoramaError("SOURCE_REPLICA_UNFIT", "The replica at db:3306 cannot be read");

/** A source that is opened at one moment after the other, or not, for a reason; after the last it is not there. */
function sourceOf(
  name: string,
  tables: readonly string[],
  moments: readonly (Moment | PanoramaError)[],
): SourceToLoad {
  let opened = 0;
  return {
    name,
    open: async () => {
      const moment = moments[opened++] ?? unreachable;
      if (moment instanceof PanoramaError) throw moment;
      return sourceAt(name, moment);
    },
    tables: tables.map((table) => ({
      request: { table, fields: undefined },
      partitionColumns: ["part"],
      incremental: undefined,
      requestMark: "",
      rawName: `raw_${table}`,
      viewName: table,
      ...(moments.some((moment) => !(moment instanceof PanoramaError) && moment[table] === "absent")
        ? { optional: true }
        : {}),
    })),
  };
}

function sourceAt(name: string, moment: Moment): Source {
  let lost = false;
  const openTable = async (table: string): Promise<TableReading> => {
    if (lost) throw new PanoramaError("SOURCE_UNREACHABLE", "The connection has been lost");
    const found = moment[table] ?? things({});
    if (found === "absent") throw new PanoramaError("TABLE_MISSING", `There is no table ${table}`);
    const content = found === "lost" ? things({ 1: "cut" }) : found;
    async function* batches(): AsyncGenerator<RecordBatch> {
      yield* batchesOfTable(content);
      if (found !== "lost") return;
      lost = true;
      throw new PanoramaError("SOURCE_CUT_SHORT", `Reading ${table} ended early`);
    }
    return {
      schema: { ...schemaOfTable(content), table },
      warnings: [],
      estimatedRowCount: undefined,
      split: async () => [],
      batches,
      alterations: () => [],
    };
  };
  return {
    name,
    check: async () => ({ subject: name, ok: true, detail: "" }),
    listTables: async () => Object.keys(moment),
    estimateRowCounts: async () => new Map(),
    describeTable: async (table) => (await openTable(table)).schema,
    openSnapshot: async () => ({
      ...{ id: "1", shared: true, notices: [] },
      isLost: async () => lost,
      openTable: ({ table }) => openTable(table),
      [Symbol.asyncDispose]: async () => undefined,
    }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

interface Run extends LakeLoad {
  readonly events: readonly RunEvent[];
}

async function loadAll(
  store: Store,
  sources: readonly SourceToLoad[],
  {
    encoder = parquetEncoder,
    reopenMillis = 0,
    onEvent = () => undefined,
    signal = new AbortController().signal,
  }: {
    readonly encoder?: Encoder;
    readonly reopenMillis?: number;
    readonly onEvent?: (event: RunEvent) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Run> {
  const events: RunEvent[] = [];
  const report = (event: RunEvent): void => {
    events.push(event);
    onEvent(event);
  };
  const lake = await loadLake(sources, {
    ...{ encoder, store, place, details, signal, reopenMillis },
    define: { raw: true, view: true },
    check: "sample",
    known: new Map(),
    reporter: { report, close: () => undefined },
  });
  return { ...lake, events };
}

const rowsOf = ({ loaded }: Run): Readonly<Record<string, number>> =>
  Object.fromEntries(loaded.map(({ schema, rowCount }) => [schema.table, rowCount]));
const told = ({ events }: Run): readonly string[] =>
  events.flatMap((event) => (event.kind === "warning" ? [event.message] : []));
const again = (table: string): string =>
  `the connection was lost at ${table}: all tables are to be read anew, at another moment`;

test.each([parquetEncoder, csvEncoder])(
  "tables whose connection is lost are all read at another moment, and of the first one nothing is left ($format)",
  async (encoder) => {
    await using lake = await temporaryStore();
    const shop = sourceOf(
      "shop",
      ["orders", "people"],
      [
        { orders: things({ 1: "a", 2: "b" }), people: "lost" },
        { orders: things({ 1: "a", 3: "a" }), people: things({ 7: "c" }) },
      ],
    );
    const before = sourceOf("before", ["places"], [{ places: things({ 5: "a" }) }]);

    const run = await loadAll(lake.store, [before, shop], { encoder });

    expect(rowsOf(run)).toEqual({ places: 1, orders: 2, people: 1 });
    expect(run.failed).toBe(0);
    expect(told(run)).toEqual([again("people")]);
    const published = run.loaded.flatMap(({ slices }) => slices.flatMap(({ files }) => files));
    expect(published).toHaveLength(3);
    expect(await keysIn(lake.store)).toEqual(published.map(({ key, stagedAs }) => stagedAs ?? key).sort());
  },
);

test("a connection that is lost a third time fails the table and those that were to come", async () => {
  await using lake = await temporaryStore();
  const moments: readonly Moment[] = [1, 2, 3].map((id) => ({
    orders: things({ [id]: "a" }),
    people: "lost",
  }));

  const run = await loadAll(lake.store, [sourceOf("shop", ["orders", "people", "places"], moments)]);

  expect(rowsOf(run)).toEqual({ orders: 1 });
  expect(run.failed).toBe(2);
  expect(told(run)).toEqual([again("people"), again("people")]);
  expect(run.events.slice(-2)).toMatchObject([
    { kind: "table-failed", table: "people", error: { code: "SOURCE_CUT_SHORT" } },
    { kind: "source-failed", tables: ["places"], error: { code: "SOURCE_UNREACHABLE" } },
  ]);
});

test("a server that does not come back in time leaves what was read before, of one moment", async () => {
  await using lake = await temporaryStore();
  const moments = [{ orders: things({ 1: "a" }), people: "lost" }] as const;

  const run = await loadAll(lake.store, [sourceOf("shop", ["orders", "people", "places"], moments)]);

  expect(rowsOf(run)).toEqual({ orders: 1 });
  expect(run.failed).toBe(2);
  expect(told(run)).toEqual([again("people"), "not read anew: Cannot connect to db:3306"]);
  expect((await keysIn(lake.store)).map((key) => key.split("/")[0])).toEqual(["orders"]);
});

test.each([
  ["at the end", { people: things({ 7: "c" }) }, ["again", "absent"]],
  ["also where the server does not come back", undefined, ["again", "not again", "absent", "failed"]],
] as const)("optional tables that are not there are told once, %s", async (_, then, expected) => {
  await using lake = await temporaryStore();
  const first = { notes: "absent", people: "lost" } as const;
  const moments = [first, then === undefined ? unreachable : { ...first, ...then }];

  const run = await loadAll(lake.store, [sourceOf("shop", ["notes", "people"], moments)]);

  const kinds = run.events.flatMap((event) => {
    if (event.kind === "warning") return [event.message.startsWith("not read") ? "not again" : "again"];
    if (event.kind === "notice")
      return [event.message.endsWith("left out: notes") ? "absent" : event.message];
    return event.kind.endsWith("-failed") ? ["failed"] : [];
  });
  expect(kinds).toEqual(expected);
});

test.each([
  ["a server that does not answer at once", unreachable],
  ["a replica that does not follow its primary again at once", unfit],
])("%s is waited for", async (_what, reason) => {
  await using lake = await temporaryStore();
  const shop = sourceOf("shop", ["orders"], [{ orders: "lost" }, reason, { orders: things({ 1: "a" }) }]);

  const run = await loadAll(lake.store, [shop], { reopenMillis: 60_000 });

  expect(rowsOf(run)).toEqual({ orders: 1 });
});

test("a server that does not answer from the beginning is not waited for", async () => {
  await using lake = await temporaryStore();
  const shop = sourceOf("shop", ["orders"], [unreachable, { orders: things({ 1: "a" }) }]);

  const run = await loadAll(lake.store, [shop], { reopenMillis: 60_000 });

  expect(run).toMatchObject({
    failed: 1,
    loaded: [],
    events: [{ kind: "source-failed", error: unreachable }],
  });
});

test("a run that is stopped while it waits for a server stops at once", async () => {
  await using lake = await temporaryStore();
  const stop = new AbortController();
  const shop = sourceOf("shop", ["orders"], [{ orders: "lost" }]);
  const onEvent = ({ kind }: RunEvent): void => {
    if (kind === "warning") stop.abort(new Error("stopped"));
  };

  const run = loadAll(lake.store, [shop], { reopenMillis: 600_000, onEvent, signal: stop.signal });

  await expect(run).rejects.toThrow("stopped");
  expect(await keysIn(lake.store)).toEqual([]);
});

test("files of the first moment that cannot be removed fail all tables, lest readers find them beside the new ones", async () => {
  await using lake = await temporaryStore();
  const full = new PanoramaError("STORE_FAILED", "Cannot remove orders");
  const store: Store = { ...lake.store, remove: async () => Promise.reject(full) };
  const shop = sourceOf(
    "shop",
    ["orders", "people"],
    [
      { orders: things({ 1: "a" }), people: "lost" },
      { orders: things({ 1: "a" }), people: things({ 7: "c" }) },
    ],
  );

  const run = await loadAll(store, [shop]);

  expect(run).toMatchObject({ loaded: [], failed: 2 });
  expect(run.events.at(-1)).toMatchObject({
    kind: "source-failed",
    tables: ["orders", "people"],
    error: full,
  });
});
