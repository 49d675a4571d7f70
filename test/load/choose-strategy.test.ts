import { expect, test } from "vitest";
import type { ManifestTable } from "../../src/lake/manifest.ts";
import { chooseStrategy, type StrategyRequest } from "../../src/load/choose-strategy.ts";
import type { TableToLoad } from "../../src/load/table-to-load.ts";
import type { KeyRanges } from "../../src/sources/source.ts";

const keyRanges: KeyRanges = {
  cut: async () => [],
  changed: async () => new Map<number, number>(),
  digests: { whole: async () => ({ rowCount: 0, keys: 0n }), ofRanges: async () => [] },
  explain: async () => ({ changed: "index", rowCounts: "index" }),
  rangeOf: () => "",
};

const table: TableToLoad = {
  request: { table: "modules", fields: undefined },
  ...{ partitionColumns: [], rawName: "raw", viewName: "view", requestMark: "" },
  incremental: { field: { name: "modified", overlap: "10 minute" }, reconcileSeconds: Infinity },
};

const large: StrategyRequest = {
  ...{ table, format: "parquet", previous: undefined },
  reading: { keyRanges, estimatedRowCount: 2_000_000 },
};

const withoutTimes: TableToLoad = { ...table, incremental: undefined };
const small = { keyRanges, estimatedRowCount: 1_000 };

const keptInRanges: ManifestTable = {
  ...{ table: "modules", source: "shop", columns: [], key: ["id"], partitionColumns: [] },
  ...{ format: "parquet", load: undefined, replaced: [], removals: [] },
  definitions: { raw: true, view: true, rawName: "raw", viewName: "view" },
  slices: [{ partition: [], files: [{ key: "a", byteCount: 1, rowCount: 1, keys: {} }] }],
};

test.each<[what: string, request: Partial<StrategyRequest>, chosen: object]>([
  [
    "a large table with times and one integer key by its key ranges",
    {},
    { strategy: "merge", rowsPerRange: 131_072 },
  ],
  ["a small one as a whole", { reading: small }, { strategy: "full", reason: "few-rows" }],
  [
    "a small one by its key ranges if that is set",
    { reading: small, table: { ...table, strategy: "merge" } },
    { strategy: "merge" },
  ],
  ["one that has become small as before", { reading: small, previous: keptInRanges }, { strategy: "merge" }],
  [
    "one of another key as a whole",
    { reading: { estimatedRowCount: 2_000_000 } },
    { strategy: "full", reason: "no-integer-key" },
  ],
  ["CSV files as a whole", { format: "csv" }, { strategy: "full", reason: "not-incremental" }],
  [
    "what a catalog reads by folders as a whole",
    { readsFolders: true },
    { strategy: "full", reason: "not-incremental" },
  ],
  ["one without times as a whole", { table: withoutTimes }, { strategy: "full", reason: "not-incremental" }],
  [
    "one with partitions by these",
    { table: { ...table, partitionColumns: ["course_id"] } },
    { strategy: "slices" },
  ],
  [
    "any as a whole if that is set",
    { table: { ...table, strategy: "full" } },
    { strategy: "full", reason: "set-to-full" },
  ],
  [
    "a very large one by larger ranges",
    { reading: { keyRanges, estimatedRowCount: 5_000_000_000 } },
    { strategy: "merge", rowsPerRange: 1_220_704 },
  ],
])("keeps %s", (_what, request, chosen) => {
  expect(chooseStrategy({ ...large, ...request })).toMatchObject(chosen);
});
