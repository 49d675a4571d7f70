import { expect, test } from "vitest";
import { readHistory, saveRecord } from "../../src/lake/history.ts";
import type { RunRecord } from "../../src/lake/run-record.ts";
import { openLocalStore } from "../../src/stores/local-store.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

const place = { basePrefix: "school", basePartition: [] };

function record(run: string, startedAt: string): RunRecord {
  return { run, kind: "load", startedAt, endedAt: startedAt, ended: "unchanged", tables: [] };
}

test("runs of one second are in the order in which they began, whatever their ids, and none is left out", async () => {
  await using folder = await temporaryFolder();
  const store = await openLocalStore(folder.path);
  for (const each of [
    record("20260301T100000Z-ffffff", "2026-03-01T10:00:00.100Z"),
    record("20260301T100001Z-ffffff", "2026-03-01T10:00:01.100Z"),
    record("20260301T100001Z-000000", "2026-03-01T10:00:01.900Z"),
  ]) {
    await saveRecord(store, place, each);
  }

  const last = async (count: number): Promise<readonly string[]> =>
    (await readHistory(store, place, count)).records.map(({ run }) => run);

  expect(await last(0)).toEqual([]);
  expect(await last(1)).toEqual(["20260301T100001Z-000000"]);
  expect(await last(5)).toEqual([
    "20260301T100001Z-000000",
    "20260301T100001Z-ffffff",
    "20260301T100000Z-ffffff",
  ]);
});

test("a record comes back as it was written, with what became of changed columns", async () => {
  await using folder = await temporaryFolder();
  const store = await openLocalStore(folder.path);
  const time = "2026-03-01T10:00:00.000Z";
  const written: RunRecord = {
    ...record("20260301T100000Z-000000", time),
    tables: [
      {
        ...{ ended: "loaded", table: "orders", source: "shop", strategy: "full", reason: "columns-changed" },
        ...{ rows: 1, bytes: 2, files: 1, slices: 1, keptSlices: 0, millis: 3, alterations: [] },
        schemaChanges: [{ column: "note", change: "redefined", from: "varchar(9)", to: "varchar(20)" }],
        ignoredChanges: [{ column: "place", change: "added", to: "text" }],
      },
      {
        ...{ ended: "failed", table: "people", source: "shop", error: "SCHEMA_CHANGED" },
        schemaChanges: [{ column: "age", change: "retyped", from: "int32", to: "text" }],
      },
      { ended: "failed", table: "shifts", source: "shop", error: "SOURCE_FAILED" },
    ],
  };

  await saveRecord(store, place, written);

  expect((await readHistory(store, place, 1)).records).toEqual([written]);
});
