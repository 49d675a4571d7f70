import { expect, test } from "vitest";
import type { LakeManifest, ManifestSlice, ManifestTable } from "../../src/lake/manifest.ts";
import { parseManifest, spellManifest } from "../../src/lake/manifest-format.ts";
import { findTouched, planForgetting } from "../../src/lake/plan-forgetting.ts";
import { findForgotten, planRollback } from "../../src/lake/plan-rollback.ts";

const now = new Date("2026-03-01T12:00:00Z");

function slice(country: string, key: string, rowCount: number): ManifestSlice {
  return { partition: [{ column: "country", value: country }], files: [{ key, byteCount: 1, rowCount }] };
}

const orders: ManifestTable = {
  ...{
    table: "orders",
    source: "shop",
    columns: [],
    key: [],
    partitionColumns: ["country"],
    format: "parquet",
  },
  load: {
    ...{ run: "r2", loadedAt: now.toISOString(), fullAt: now.toISOString(), rowCount: 6, alterations: [] },
    content: "mark",
  },
  definitions: { raw: true, view: true, rawName: "raw_orders", viewName: "orders" },
  slices: [slice("ar", "r2/ar", 3), slice("es", "r1/es", 2), slice("fr", "r2/fr", 1)],
  replaced: [{ at: now.toISOString(), files: ["r1/ar", "r1/fr"] }],
  removals: ["left"],
};

const lake: LakeManifest = { generation: 3, tables: new Map([["orders", orders]]) };

const change = {
  table: "orders",
  slices: [
    { before: slice("ar", "r2/ar", 3), after: { ...slice("ar", "f/ar", 2), forgottenRows: 1 } },
    { before: slice("fr", "r2/fr", 1), after: undefined },
  ],
  dropped: ["r1/ar"],
};

test("what was rewritten or dropped is to be removed, and is not kept", () => {
  const planned = planForgetting(lake, [change], "f").tables.get("orders");

  expect(planned).toMatchObject({
    load: { run: "f", rowCount: 4, content: "mark" },
    slices: [{ forgottenRows: 1, files: [{ key: "f/ar" }] }, { files: [{ key: "r1/es" }] }],
    replaced: [{ files: ["r1/fr"] }],
    removals: ["left", "r2/ar", "r2/fr", "r1/ar"],
  });
});

test("a CSV file at its fixed place stays there", () => {
  const csv = { ...orders, format: "csv" as const, replaced: [] };
  const staged = { key: "r2/ar", byteCount: 1, rowCount: 2, stagedAs: "staging/f/ar" };
  const [first] = change.slices;
  const moved = {
    before: first?.before ?? slice("", "", 0),
    after: { partition: slice("ar", "", 0).partition, files: [staged] },
  };

  const planned = planForgetting(
    { ...lake, tables: new Map([["orders", csv]]) },
    [{ ...change, slices: [moved], dropped: [] }],
    "f",
  ).tables.get("orders");

  expect(planned?.removals).toEqual(["left"]);
  expect(planned?.slices[0]?.files).toEqual([staged]);
});

test("kept versions may go without the table being published anew", () => {
  const planned = planForgetting(lake, [{ ...change, slices: [] }], "f").tables.get("orders");

  expect(planned?.load?.run).toBe("r2");
  expect(planned?.removals).toEqual(["left", "r1/ar"]);
});

test("a table that is to change has to be searched again when another run has published it meanwhile", () => {
  const other = { ...orders, load: orders.load && { ...orders.load, run: "r3" } };
  const current = { ...lake, tables: new Map([["orders", other]]) };

  expect(findTouched(lake, lake, [change], new Set())).toEqual([]);
  expect(findTouched(lake, current, [change], new Set())).toEqual(["orders"]);
});

test("any table has to be that a run has published which may not have known whom to leave out", () => {
  const customers = {
    ...orders,
    table: "customers",
    load: orders.load && { ...orders.load, run: "r3" },
  };
  const current = { ...lake, tables: new Map([...lake.tables, ["customers", customers]]) };

  expect(findTouched(lake, current, [change], new Set(["r3"]))).toEqual(["customers"]);
  expect(findTouched(lake, current, [], new Set(["r3"]))).toEqual(["customers"]);
  expect(findTouched(lake, current, [change], new Set(["r4"]))).toEqual([]);
});

test("how many rows are left out of a slice is kept in the manifest", () => {
  const planned = planForgetting(lake, [change], "f");

  expect(parseManifest(spellManifest(planned, "x")).manifest.tables).toEqual(planned.tables);
});

test("a rollback to a version that went with the people says so", () => {
  const planned = planForgetting(lake, [change], "f");
  const time = now.toISOString();
  const forgotten = findForgotten([
    {
      ...{ run: "f", kind: "forget", startedAt: time, endedAt: time, ended: "published" },
      tables: [
        {
          ended: "forgotten",
          table: "orders",
          source: "shop",
          rows: 2,
          slices: 2,
          files: 3,
          versions: ["r1", "r2"],
        },
      ],
    },
  ]);

  expect(() =>
    planRollback(planned, { generation: 2, runs: { orders: "r2" } }, undefined, new Map(), now, forgotten),
  ).toThrow("Run f forgot people, and with them went the files of then of orders: they had rows of them");
  expect(() =>
    planRollback(planned, { generation: 1, runs: { orders: "r0" } }, undefined, new Map(), now, forgotten),
  ).toThrow("The files of then are not kept any more of orders");
});
