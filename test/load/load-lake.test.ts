import { expect, test } from "vitest";
import { parquetEncoder } from "../../src/encoders/parquet/parquet-encoder.ts";
import { PanoramaError } from "../../src/errors.ts";
import { type LakeLoad, loadLake, type SourceToLoad } from "../../src/load/load-lake.ts";
import type { RunEvent } from "../../src/reports/reporter.ts";
import type { Snapshot, Source, TableReading, TableFindings } from "../../src/sources/source.ts";
import type { Store } from "../../src/stores/store.ts";
import type { Alteration } from "../../src/table/alteration.ts";
import type { RecordBatch } from "../../src/table/record-batch.ts";
import { details } from "../encoders/parquet/parquet-in-memory.ts";
import { batchesOfTable, keysIn, place, schemaOfTable, temporaryStore } from "./table-in-memory.ts";
import type { TableInMemory } from "./table-in-memory.ts";

/** A table of the source below, or what happens when it is opened. */
type Content = TableInMemory | Error | (() => never);

interface SourceWorld {
  readonly tables: Readonly<Record<string, Content>>;
  readonly open?: () => never;
  readonly close?: () => never;
  readonly notices?: readonly string[];
  readonly warnings?: readonly string[];
  readonly alterations?: readonly Alteration[];
  readonly findings?: TableFindings;
}

function sourceToLoad(name: string, world: SourceWorld): SourceToLoad {
  const openTable = async (table: string): Promise<TableReading> => {
    const content = world.tables[table];
    if (content === undefined) throw new PanoramaError("TABLE_MISSING", `There is no table ${table}`);
    if (content instanceof Error) throw content;
    if (typeof content === "function") return content();
    return {
      schema: { ...schemaOfTable(content), table },
      warnings: world.warnings ?? [],
      estimatedRowCount: undefined,
      split: async () => [],
      batches: () => content.batches ?? batchesOfTable(content),
      alterations: () => world.alterations ?? [],
      findings: () => world.findings ?? { notices: [], shortfalls: [] },
    };
  };
  const snapshot: Snapshot = {
    ...{ id: "1", shared: true, notices: world.notices ?? [] },
    openTable: ({ table }) => openTable(table),
    [Symbol.asyncDispose]: async () => world.close?.(),
  };
  const source: Source = {
    name,
    check: async () => ({ subject: name, ok: true, detail: "" }),
    listTables: async () => Object.keys(world.tables),
    estimateRowCounts: async () => new Map(),
    describeTable: async (table) => (await openTable(table)).schema,
    openSnapshot: async () => snapshot,
    [Symbol.asyncDispose]: async () => undefined,
  };
  return {
    name,
    open: async () => world.open?.() ?? source,
    tables: Object.entries(world.tables).map(([table, content]) => ({
      request: { table, fields: undefined },
      partitionColumns: "partitionBy" in content ? content.partitionBy : [],
      incremental: undefined,
      requestMark: "",
      rawName: `raw_${table}`,
      viewName: table,
    })),
  };
}

interface Run extends LakeLoad {
  readonly events: readonly RunEvent[];
}

async function loadAll(
  store: Store,
  sources: Readonly<Record<string, SourceWorld>>,
  onEvent: (event: RunEvent) => void = () => undefined,
  signal: AbortSignal = new AbortController().signal,
): Promise<Run> {
  const events: RunEvent[] = [];
  const report = (event: RunEvent): void => {
    events.push(event);
    onEvent(event);
  };
  const lake = await loadLake(
    Object.entries(sources).map(([name, world]) => sourceToLoad(name, world)),
    {
      encoder: parquetEncoder,
      store,
      place,
      details,
      check: "sample",
      define: { raw: true, view: true },
      known: new Map(),
      reporter: { report, close: () => undefined },
      signal,
    },
  );
  return { ...lake, events };
}

const small: TableInMemory = {
  types: { id: { kind: "int32" }, part: { kind: "text" } },
  rows: [
    [1, "a"],
    [2, "b"],
    [3, "a"],
  ],
  partitionBy: ["part"],
};

const kinds = (run: Run): readonly string[] => run.events.map(({ kind }) => kind);
const failures = (run: Run) => run.events.filter((event) => event.kind === "table-failed");

test("a warning that comes while rows are read is told, once, before the table is", async () => {
  await using lake = await temporaryStore();
  const warnings = ["known before"];
  async function* batches(): AsyncGenerator<RecordBatch> {
    yield* batchesOfTable(small);
    warnings.push("known afterwards");
  }

  const run = await loadAll(lake.store, {
    shop: { tables: { orders: { ...small, batches: batches() } }, warnings },
  });

  expect(run.events.flatMap((event) => (event.kind === "warning" ? [event.message] : [event.kind]))).toEqual([
    "known before",
    "table-started",
    "known afterwards",
    "table-loaded",
  ]);
});

test("each table is told, loaded and counted", async () => {
  await using lake = await temporaryStore();

  const run = await loadAll(lake.store, {
    shop: {
      tables: { orders: small },
      notices: ["one connection"],
      warnings: ["fields lists a column that is gone"],
    },
  });

  expect(failures(run)).toEqual([]);
  expect(run.failed).toBe(0);
  expect(run.loaded).toMatchObject([
    {
      schema: { source: "lms", table: "orders" },
      ...{
        partitionColumns: ["part"],
        format: "parquet",
        rawName: "raw_orders",
        viewName: "orders",
        rowCount: 3,
      },
    },
  ]);
  const keys = await keysIn(lake.store);
  expect(run.loaded[0]?.slices.flatMap(({ files }) => files.map(({ key }) => key)).toSorted()).toEqual(keys);
  expect(run.events.slice(0, 3)).toEqual([
    { kind: "notice", source: "shop", message: "one connection" },
    { kind: "warning", source: "shop", table: "orders", message: "fields lists a column that is gone" },
    { kind: "table-started", table: "orders", source: "shop", estimatedRows: undefined },
  ]);
  expect(run.events.at(-1)).toMatchObject({
    ...{
      kind: "table-loaded",
      table: "orders",
      source: "shop",
      rows: 3,
      files: 2,
      slices: 2,
      alterations: [],
    },
  });
});

test("a table of which parts could not be read is loaded, told when it is, and counted", async () => {
  await using lake = await temporaryStore();
  const findings = { notices: ["2 odd rows"], shortfalls: ["part a: gone", "part b: gone"] };

  const run = await loadAll(lake.store, {
    shop: { tables: { orders: small }, findings },
    other: { tables: { more: small } },
  });

  expect([run.loaded.length, run.failed, run.incomplete]).toEqual([2, 0, 1]);
  expect(run.events.filter(({ kind }) => kind !== "table-progress").slice(1, 5)).toMatchObject([
    { kind: "table-loaded", table: "orders" },
    { kind: "notice", source: "shop", table: "orders", message: "2 odd rows" },
    { kind: "warning", source: "shop", table: "orders", message: "part a: gone" },
    { kind: "warning", source: "shop", table: "orders", message: "part b: gone" },
  ]);
});

test("a table that fails does not stop the others", async () => {
  await using lake = await temporaryStore();
  const denied = new PanoramaError("SOURCE_FAILED", "SELECT command denied");

  const run = await loadAll(lake.store, {
    shop: { tables: { first: small, broken: denied, last: small } },
    other: { tables: { more: small } },
  });

  expect(run.failed).toBe(1);
  expect(run.loaded.map(({ schema }) => schema.table)).toEqual(["first", "last", "more"]);
  expect(failures(run)).toEqual([{ kind: "table-failed", source: "shop", table: "broken", error: denied }]);
});

test("a table that breaks off in the middle leaves no file and stops none", async () => {
  await using lake = await temporaryStore();
  async function* cutShort() {
    yield* batchesOfTable(small);
    throw new PanoramaError("SOURCE_CUT_SHORT", "The connection ended");
  }

  const run = await loadAll(lake.store, {
    shop: { tables: { broken: { ...small, batches: cutShort() }, last: small } },
  });

  expect(run.failed).toBe(1);
  expect(failures(run)).toMatchObject([{ table: "broken", error: { code: "SOURCE_CUT_SHORT" } }]);
  expect((await keysIn(lake.store)).every((key) => key.startsWith("last/"))).toBe(true);
});

test("a bug fails its table, names it and keeps its cause", async () => {
  await using lake = await temporaryStore();
  const cause = new TypeError("undefined is not a function");

  const run = await loadAll(lake.store, {
    shop: {
      tables: {
        broken: () => {
          throw cause;
        },
        last: small,
      },
    },
  });

  expect(run.loaded).toHaveLength(1);
  expect(failures(run)).toMatchObject([
    { table: "broken", error: { code: "BUG", details: { source: "shop", table: "broken" }, cause } },
  ]);
});

test("a source that cannot be opened fails its tables once and leaves the other sources alone", async () => {
  await using lake = await temporaryStore();
  const unreachable = new PanoramaError("SOURCE_UNREACHABLE", "Cannot reach shop");

  const run = await loadAll(lake.store, {
    shop: {
      tables: { a: small, b: small },
      open: () => {
        throw unreachable;
      },
    },
    other: { tables: { more: small } },
  });

  expect(run.failed).toBe(2);
  expect(run.loaded.map(({ schema }) => schema.table)).toEqual(["more"]);
  expect(run.events[0]).toEqual({
    kind: "source-failed",
    source: "shop",
    tables: ["a", "b"],
    error: unreachable,
  });
  expect(failures(run)).toEqual([]);
});

test("a source whose connection cannot be closed has loaded its tables all the same", async () => {
  await using lake = await temporaryStore();

  const run = await loadAll(lake.store, {
    shop: {
      tables: { a: small, missing: new PanoramaError("TABLE_MISSING", "There is no table missing") },
      close: () => {
        throw new PanoramaError("SOURCE_FAILED", "The server has gone away");
      },
    },
  });

  expect(run.failed).toBe(1);
  expect(run.loaded.map(({ schema }) => schema.table)).toEqual(["a"]);
  expect(kinds(run)).toEqual(["table-started", "table-loaded", "table-failed", "warning"]);
});

test("a table without its partition column, or with no other, is refused by name", async () => {
  await using lake = await temporaryStore();

  const run = await loadAll(lake.store, {
    shop: {
      tables: {
        orders: { ...small, partitionBy: ["course"] },
        parts: { ...small, types: { part: { kind: "text" } }, rows: [["a"]] },
      },
    },
  });

  expect(failures(run)).toMatchObject([
    { table: "orders", error: { code: "COLUMN_MISSING", details: { table: "orders", column: "course" } } },
    { table: "parts", error: { code: "COLUMN_MISSING", details: { table: "parts" } } },
  ]);
  expect(await keysIn(lake.store)).toEqual([]);
});

test("what was altered is summed per column and kind", async () => {
  await using lake = await temporaryStore();

  const run = await loadAll(lake.store, {
    shop: {
      tables: { orders: small },
      alterations: [
        { column: "born", kind: "invalid-date", count: 2 },
        { column: "paid", kind: "invalid-date", count: 0 },
        { column: "born", kind: "invalid-date", count: 3 },
      ],
    },
  });

  expect(run.loaded[0]?.alterations).toEqual([{ column: "born", kind: "invalid-date", count: 5 }]);
});

test("a run that is stopped stops at once, reports no table as failed and leaves no file of the open one", async () => {
  await using lake = await temporaryStore();
  const controller = new AbortController();
  const stopped = new PanoramaError("INTERRUPTED", "Stopped");
  async function* stopping() {
    yield* batchesOfTable(small);
    controller.abort(stopped);
    controller.signal.throwIfAborted();
  }
  const events: RunEvent[] = [];

  const loading = loadAll(
    lake.store,
    {
      shop: { tables: { open: { ...small, batches: stopping() }, next: small } },
      other: { tables: { more: small } },
    },
    (event) => events.push(event),
    controller.signal,
  );

  await expect(loading).rejects.toBe(stopped);
  expect(events.map(({ kind }) => kind)).toEqual(["table-started"]);
  expect(await keysIn(lake.store)).toEqual([]);
});
