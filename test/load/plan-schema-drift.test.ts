import { expect, test } from "vitest";
import type { KnownTable } from "../../src/load/plan-load.ts";
import { type ColumnsRead, isDrifting, planSchemaDrift } from "../../src/load/plan-schema-drift.ts";
import type { Column } from "../../src/table/table-schema.ts";

const id: Column = { name: "id", type: { kind: "int64" }, nullable: false, nativeType: "bigint(20)" };
const note: Column = { name: "note", type: { kind: "text" }, nullable: true, nativeType: "varchar(10)" };
const day: Column = { name: "day", type: { kind: "date" }, nullable: true, nativeType: "date" };

const known: KnownTable = {
  ...{ table: "orders", source: "shop", columns: [id, note, day], key: ["id"], partitionColumns: ["day"] },
  ...{ format: "parquet", slices: [], replaced: [], removals: [] },
  load: {
    ...{ run: "r1", loadedAt: "2026-03-01T10:00:00.000Z", fullAt: "2026-03-01T10:00:00.000Z" },
    ...{ rowCount: 1, alterations: [], request: "all", shape: "columns" },
  },
  definitions: { raw: true, view: true, rawName: "raw_orders", viewName: "view_orders" },
};

function read(columns: readonly Column[], more: Partial<ColumnsRead> = {}): ColumnsRead {
  return { schema: { source: "shop", table: "orders", columns, key: ["id"] }, ...more };
}

test("a source with the lake's columns is read as it is, however long or nullable they are", () => {
  const longer = { ...note, nativeType: "varchar(99)", nullable: false };

  expect(planSchemaDrift(known, read([day, longer, id]))).toEqual({
    ...{ changes: [], kept: undefined, obstacles: [] },
  });
});

test("a name in another case is the same name, and the lake's is kept", () => {
  const { changes, kept } = planSchemaDrift(known, read([id, { ...note, name: "NOTE" }, day]));

  expect(changes).toEqual([]);
  expect(kept).toContainEqual({ column: note, retyped: false });
});

test("a listed column that the table lacks is gone, once", () => {
  const made: Column = { ...note, nullable: true, nativeType: "text" };
  const reading = read([id, made, day], { absent: ["note"] });

  expect(planSchemaDrift(known, reading).changes).toEqual([{ column: "note", change: "gone", from: "text" }]);
  const again = planSchemaDrift({ ...known, load: { ...known.load, absent: ["note"] } }, reading);
  expect(again.changes).toEqual([]);
  expect(again.kept).toHaveLength(3);
});

test("a type that was found in values is none of its own where these are of the lake's type, too", () => {
  const found = read([id, { ...note, type: { kind: "int64" } }, day], {
    couldBe: (column, type) => column === "note" && type.kind === "text",
  });

  const { changes, kept, obstacles } = planSchemaDrift(known, found);

  expect([changes, obstacles]).toEqual([[], []]);
  expect(kept).toContainEqual({ column: note, retyped: true });
});

test("every reason why columns cannot be kept is told", () => {
  const { obstacles } = planSchemaDrift(known, read([{ ...id, type: { kind: "text" } }, note]));

  expect(obstacles).toEqual([
    "column id is text at the source and int64 in the lake, which has no place for every text",
    "column day, by which it is partitioned, is not in the table any more",
  ]);
});

test("columns that the settings ask for otherwise than at the last load are no drift", () => {
  const policy = (mark: string) =>
    ({ requestMark: "other", schemaPolicy: { onChange: "fail", mark } }) as const;
  const { shape, ...unmarked } = known.load;

  expect(isDrifting(known, policy("columns"))).toBe(true);
  expect(isDrifting(known, policy("others"))).toBe(false);
  expect(shape).toBe("columns");
  expect(isDrifting({ ...known, load: unmarked }, policy("columns"))).toBe(false);
  expect(isDrifting({ ...known, load: unmarked }, { ...policy("columns"), requestMark: "all" })).toBe(true);
  expect(isDrifting(known, { requestMark: "all" })).toBe(false);
});
