import { expect, test } from "vitest";
import { parquetEncoder } from "../../src/encoders/parquet/parquet-encoder.ts";
import { planPublication } from "../../src/lake/plan-publication.ts";
import { type LakeLoad, loadLake } from "../../src/load/load-lake.ts";
import type { LoadContext } from "../../src/load/load-table.ts";
import type { RunEvent } from "../../src/reports/reporter.ts";
import type { Source, TableReading } from "../../src/sources/source.ts";
import type { Store } from "../../src/stores/store.ts";
import { batchesOfTable, keysIn, place, schemaOfTable, temporaryStore } from "./table-in-memory.ts";
import type { Row, TableInMemory } from "./table-in-memory.ts";

function things(rows: readonly Row[]): TableInMemory {
  return { types: { id: { kind: "int32" }, part: { kind: "text" } }, rows, partitionBy: ["part"] };
}

const whole = things([
  [1, "a"],
  [2, "b"],
]);

/**
 * A table without snapshots, in which a date of each row cannot be kept: a row of slice b has changed, is in slice c when the
 * slice is read, and is back when the whole table is.
 */
function openReading(): TableReading {
  let invalid = 0;
  const read: TableReading["batches"] = async function* (_signal, range) {
    const table = range === undefined ? whole : things([[2, "c"]]);
    invalid += table.rows.length;
    yield* batchesOfTable(table);
  };
  return {
    ...{ schema: schemaOfTable(whole), warnings: [], estimatedRowCount: undefined, batches: read },
    split: async () => [],
    watermark: async () => "2026-03-01 00:00:00",
    changesSince: async () => ({
      changed: () => batchesOfTable({ types: { part: { kind: "text" } }, rows: [["b"]], partitionBy: [] }),
      rowCounts: undefined,
      rangesOf: () => ["part = 'b'"],
    }),
    alterations: () => [{ column: "born", kind: "invalid-date", count: invalid }],
  };
}

const source: Source = {
  name: "lms",
  check: async () => ({ subject: "lms", ok: true, detail: "" }),
  listTables: async () => ["things"],
  estimateRowCounts: async () => new Map(),
  describeTable: async () => schemaOfTable(whole),
  openSnapshot: async () => ({
    ...{ id: "1", shared: true, notices: [] },
    openTable: async () => openReading(),
    [Symbol.asyncDispose]: async () => undefined,
  }),
  [Symbol.asyncDispose]: async () => undefined,
};

async function load(
  store: Store,
  run: string,
  known: LoadContext["known"],
): Promise<LakeLoad & { readonly events: readonly RunEvent[] }> {
  const events: RunEvent[] = [];
  const table = {
    ...{ request: { table: "things", fields: undefined }, partitionColumns: ["part"], requestMark: "" },
    incremental: { field: { name: "changed", overlap: "1 minute" }, reconcileSeconds: Infinity },
    ...{ rawName: "raw_things", viewName: "things" },
  };
  const loaded = await loadLake([{ name: "lms", open: async () => source, tables: [table] }], {
    ...{ encoder: parquetEncoder, store, place, check: "sample", known, define: undefined },
    details: { run, startedAt: "2026-03-01T00:00:00Z" },
    reporter: { report: (event) => void events.push(event), close: () => undefined },
    signal: new AbortController().signal,
  });
  return { ...loaded, events };
}

test("of slices that turn out not to make the table nothing is left, and nothing is counted", async () => {
  await using lake = await temporaryStore();
  const [before, now] = ["20260301T000000Z-000001", "20260302T000000Z-000002"];
  const first = await load(lake.store, before, new Map());
  const nothing = { generation: 0, tables: new Map() };
  const { tables } = planPublication(nothing, first.loaded, before, new Date());

  const second = await load(lake.store, now, tables);

  expect(second.events.at(-1)).toMatchObject({
    ...{ kind: "table-loaded", strategy: "full", reason: "slices-not-whole" },
    alterations: [{ column: "born", kind: "invalid-date", count: 2 }],
  });
  expect(second.loaded[0]?.alterations).toEqual([{ column: "born", kind: "invalid-date", count: 2 }]);
  expect(await keysIn(lake.store)).toEqual(
    ["a", "b"].flatMap((part) => [before, now].map((run) => `things/part=${part}/${run}/part-00000.parquet`)),
  );
});
