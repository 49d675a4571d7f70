import { expect, test } from "vitest";
import { planSchemaChanges } from "../../src/table/schema-changes.ts";
import type { Column } from "../../src/table/table-schema.ts";

const id: Column = { name: "id", type: { kind: "int32" }, nullable: false, nativeType: "int" };
const email: Column = { name: "Email", type: { kind: "text" }, nullable: true, nativeType: "varchar(50)" };

test("a column that was renamed is gone, and added", () => {
  expect(planSchemaChanges([id, email], [id, { ...email, name: "mail" }])).toEqual([
    { column: "mail", change: "added", to: "text" },
    { column: "Email", change: "gone", from: "text" },
  ]);
});

test("a column whose name changed in case alone is the same", () => {
  expect(planSchemaChanges([id, email], [id, { ...email, name: "email" }])).toEqual([]);
  const longer = { ...email, name: "EMAIL", nativeType: "varchar(80)" };
  expect(planSchemaChanges([id, email], [id, longer])).toEqual([
    { column: "EMAIL", change: "redefined", from: "varchar(50)", to: "varchar(80)" },
  ]);
});
