import { expect, test } from "vitest";
import type { ManifestLoad, ManifestTable } from "../../src/lake/manifest.ts";
import { chooseStrategy } from "../../src/load/choose-strategy.ts";
import { type LoadPlan, planLoad, type PlanRequest } from "../../src/load/plan-load.ts";
import type { TableToLoad } from "../../src/load/table-to-load.ts";
import type { Column, TableSchema } from "../../src/table/table-schema.ts";

const id: Column = { name: "id", type: { kind: "int32" }, nullable: false, nativeType: "int(11)" };
const note: Column = { name: "note", type: { kind: "text" }, nullable: true, nativeType: "text" };
const schema: TableSchema = { source: "shop", table: "orders", columns: [id, note], key: ["id"] };

const incremental: TableToLoad = {
  request: { table: "orders", fields: undefined },
  partitionColumns: ["note"],
  rawName: "raw_orders",
  viewName: "view_orders",
  incremental: { field: { name: "modified", overlap: "10 minute" }, reconcileSeconds: 86_400 },
  requestMark: "asked",
};

const load: ManifestLoad = {
  run: "r1",
  loadedAt: "2026-03-01T10:00:00.000Z",
  fullAt: "2026-03-01T10:00:00.000Z",
  rowCount: 1,
  alterations: [],
  watermark: { field: "modified", value: "2026-03-01 09:50:00" },
  request: "asked",
  content: "mark 1",
  definition: "created once",
};

const previous: ManifestTable = {
  ...{ table: "orders", source: "shop", columns: [id, note], key: ["id"], partitionColumns: ["note"] },
  ...{ format: "parquet", load, replaced: [], removals: [] },
  definitions: { raw: true, view: true, rawName: "raw_orders", viewName: "view_orders" },
  slices: [],
};

const request: Omit<PlanRequest, "chosen"> = {
  previous,
  reading: { schema, definition: "created once" },
  table: incremental,
  format: "parquet",
  place: { basePrefix: "school", basePartition: [] },
  readsFolders: false,
  contentMark: "mark 2",
  forced: false,
  now: new Date("2026-03-01T11:00:00.000Z"),
};

function plan(change: Partial<typeof request> = {}): LoadPlan {
  const asked = { ...request, ...change };
  return planLoad({ ...asked, chosen: chooseStrategy({ ...asked, reading: {} }) });
}

test("a table is left alone where the source proves that nothing has changed", () => {
  expect(plan({ contentMark: "mark 1" })).toEqual({ strategy: "unchanged" });
});

test("what changed is read from the watermark on", () => {
  expect(plan()).toMatchObject({ strategy: "changes", since: "2026-03-01 09:50:00" });
  expect(plan({ contentMark: undefined })).toMatchObject({ strategy: "changes" });
});

const cases: readonly (readonly [string, Partial<PlanRequest>])[] = [
  ["forced", { forced: true, contentMark: "mark 1" }],
  ["first-load", { previous: undefined }],
  ["first-load", { previous: { ...previous, load: undefined } }],
  ["settings-changed", { table: { ...incremental, requestMark: "asked otherwise" }, contentMark: "mark 1" }],
  ["settings-changed", { format: "csv" }],
  ["columns-changed", { reading: { schema: { ...schema, columns: [id] }, definition: "created once" } }],
  ["columns-changed", { reading: { schema: { ...schema, key: [] }, definition: "created once" } }],
  ["table-altered", { reading: { schema, definition: "created again" } }],
  [
    "file-lost",
    {
      previous: {
        ...previous,
        slices: [{ partition: [], files: [{ key: "a", byteCount: 1, rowCount: 1, stagedAs: "b" }] }],
      },
    },
  ],
  ["not-incremental", { table: { ...incremental, incremental: undefined } }],
  [
    "no-watermark",
    { previous: { ...previous, load: { ...load, watermark: { field: "created", value: "x" } } } },
  ],
  ["reconcile-due", { now: new Date("2026-03-02T10:00:00.000Z") }],
  [
    "reconcile-due",
    {
      contentMark: "mark 1",
      previous: { ...previous, load: { ...load, fullAt: "2026-02-28T10:00:00.000Z" } },
    },
  ],
];

test.each(cases)("all of it is read: %s", (reason, change) => {
  expect(plan(change)).toEqual({ strategy: "full", reason } as LoadPlan);
});
