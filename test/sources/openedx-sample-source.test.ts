import { describe, expect, test } from "vitest";
import { openOpenedxSampleSource } from "../../src/sources/openedx-sample-source.ts";
import type { FieldRequest, TableReading } from "../../src/sources/source.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { columnValues } from "../../src/table/column-values.ts";
import type { ColumnData } from "../../src/table/record-batch.ts";

const options = { name: "school", scale: 0.2, seed: 1 } as const;

async function openTable(table: string, fields?: readonly FieldRequest[]): Promise<TableReading> {
  const source = openOpenedxSampleSource(options);
  const snapshot = await source.openSnapshot(new AbortController().signal);
  return snapshot.openTable({ table, fields });
}

async function readColumns(reading: TableReading): Promise<Readonly<Record<string, readonly ColumnValue[]>>> {
  const read: Record<string, ColumnValue[]> = {};
  for await (const batch of reading.batches(new AbortController().signal)) {
    expect(batch.byteCount).toBe(batch.columns.reduce((sum, { values }) => sum + values.length, 0));
    for (const [i, { name, type }] of reading.schema.columns.entries()) {
      (read[name] ??= []).push(...columnValues(type, batch.columns[i] as ColumnData, batch.rowCount));
    }
    batch.release();
  }
  return read;
}

function field(name: string, columnType: ColumnType = { kind: "text" }): FieldRequest {
  return { name, type: undefined, columnType };
}

describe("the sample source", () => {
  test("lists the tables of the site and describes them as a server would", async () => {
    const source = openOpenedxSampleSource(options);

    expect(await source.listTables()).toHaveLength(37);
    expect(await source.listTables()).toContain("courseware_studentmodule");
    expect(await source.describeTable("course_goals_useractivity")).toEqual({
      source: "school",
      table: "course_goals_useractivity",
      columns: [
        { name: "id", type: { kind: "int64" }, nullable: false, nativeType: "bigint" },
        { name: "course_key", type: { kind: "text" }, nullable: false, nativeType: "varchar(255)" },
        { name: "date", type: { kind: "date" }, nullable: true, nativeType: "date" },
        { name: "user_id", type: { kind: "int32" }, nullable: false, nativeType: "int" },
      ],
      key: ["id"],
    });
    await expect(source.check()).resolves.toMatchObject({ subject: "school", ok: true });
  });

  test("gives all columns when none are listed", async () => {
    const reading = await openTable("auth_user");
    const columns = await readColumns(reading);

    expect(Object.keys(columns)).toHaveLength(11);
    expect(columns["id"]).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(reading.estimatedRowCount).toBe(100);
    expect(reading.warnings).toEqual([]);
  });

  test("counts the zero dates that became NULL, once for each reading", async () => {
    const reading = await openTable("auth_user");
    await readColumns(reading);
    await readColumns(reading);

    expect(reading.alterations()).toEqual([
      { column: "last_login", kind: "invalid-date", count: 1 },
      { column: "date_joined", kind: "invalid-date", count: 1 },
    ]);
    const other = await openTable("auth_user", [field("id")]);
    await readColumns(other);
    expect(other.alterations()).toEqual([]);
  });

  test("gives the listed columns in their order, with constants and missing columns among them", async () => {
    const reading = await openTable("auth_user", [
      field("USERNAME"),
      { ...field("lms"), constant: { value: "lms.example.com" } },
      { ...field("gone", { kind: "int32" }), type: "tinyint" },
      { ...field("zero", { kind: "int32" }), constant: { value: 0 } },
      field("id"),
    ]);
    const columns = await readColumns(reading);

    expect(reading.schema.columns).toEqual([
      { name: "USERNAME", type: { kind: "text" }, nullable: false, nativeType: "varchar(150)" },
      { name: "lms", type: { kind: "text" }, nullable: false, nativeType: "text" },
      { name: "gone", type: { kind: "int32" }, nullable: true, nativeType: "tinyint" },
      { name: "zero", type: { kind: "int32" }, nullable: false, nativeType: "text" },
      { name: "id", type: { kind: "int32" }, nullable: false, nativeType: "int" },
    ]);
    expect(reading.warnings).toEqual(["column gone is not in the table (any more): it is read as NULL"]);
    expect(columns["USERNAME"]?.slice(0, 1)).toEqual(["admin"]);
    expect(new Set(columns["lms"])).toEqual(new Set(["lms.example.com"]));
    expect(new Set(columns["gone"])).toEqual(new Set([null]));
    expect(new Set(columns["zero"])).toEqual(new Set([0]));
    expect(columns["id"]).toHaveLength(100);
  });

  test("refuses tables it does not have, and lists of columns that the table has none of", async () => {
    await expect(openTable("orders")).rejects.toMatchObject({ code: "TABLE_MISSING" });
    await expect(openTable("auth_user", [field("gone")])).rejects.toMatchObject({ code: "COLUMN_MISSING" });
  });

  test("stops when the run is interrupted", async () => {
    const reading = await openTable("courseware_studentmodule");
    const interrupt = new AbortController();
    const batches = reading.batches(interrupt.signal)[Symbol.asyncIterator]();
    interrupt.abort(new Error("stopped"));

    await expect(batches.next()).rejects.toThrow("stopped");
  });

  test("peers with the same options see the same moment, others do not", async () => {
    const signal = new AbortController().signal;
    const idOf = async (seed: number): Promise<string> =>
      (await openOpenedxSampleSource({ ...options, seed }).openSnapshot(signal)).id;
    const shared = async (seeds: readonly number[]): Promise<boolean> => {
      const peers = { count: seeds.length, openSnapshots: () => Promise.all(seeds.map(idOf)) };
      return (await openOpenedxSampleSource(options).openSnapshot(signal, peers)).shared;
    };

    expect(await shared([1, 1])).toBe(true);
    expect(await shared([1, 2])).toBe(false);
  });
});
