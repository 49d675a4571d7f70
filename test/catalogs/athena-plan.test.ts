import type { Table } from "@aws-sdk/client-glue";
import { describe, expect, test } from "vitest";
import { planPartitionChanges } from "../../src/catalogs/athena/plan-partition-changes.ts";
import { planRawTable } from "../../src/catalogs/athena/plan-raw-table.ts";
import { planTableChange, type TableChange } from "../../src/catalogs/athena/plan-table-change.ts";
import { partitionKey } from "../../src/catalogs/athena/remembered-catalog.ts";
import { newTableInput, partitionInput } from "../../src/catalogs/athena/storage-descriptor.ts";
import type { LakeTable } from "../../src/catalogs/catalog.ts";
import { columnsOf, lakeTable, slice } from "./small-lake.ts";

const own = [{ column: "lms", value: "a.example" }];
const lms = { lms: "a.example" };

function orders(table: Partial<LakeTable>): LakeTable {
  return lakeTable("orders", {
    columns: columnsOf({ id: "int32", note: "text" }),
    basePartitions: ["lms"],
    slices: [slice(["s3://lake/orders/lms=a.example/run1/part-00000.parquet"], {}, lms)],
    ...table,
  });
}

describe("A raw table over CSV", () => {
  test("is the original's", () => {
    const table = orders({
      format: "csv",
      columns: columnsOf({ ID: "int32", note: "text", course: "text" }),
      partitionColumns: ["course"],
      slices: [slice(["s3://lake/orders/lms=a.example/course=x%2By/orders.csv"], { course: "x+y" }, lms)],
    });

    const raw = planRawTable(table, "Raw_Orders", own);

    expect(newTableInput(raw)).toEqual({
      Name: "raw_orders",
      TableType: "EXTERNAL_TABLE",
      Parameters: {
        EXTERNAL: "TRUE",
        classification: "csv",
        "skip.header.line.count": "1",
        columnsOrdered: "true",
        areColumnsQuoted: "false",
        delimiter: ",",
        compressionType: "none",
        typeOfData: "file",
      },
      PartitionKeys: [
        { Name: "lms", Type: "string" },
        { Name: "course", Type: "string" },
      ],
      StorageDescriptor: descriptor("s3://lake/orders/"),
    });
    expect(raw.partitions.map((partition) => partitionInput(raw, partition))).toEqual([
      {
        Values: ["a.example", "x+y"],
        StorageDescriptor: descriptor("s3://lake/orders/lms=a.example/course=x%2By/"),
      },
    ]);

    function descriptor(location: string): object {
      return {
        Columns: [
          { Name: "id", Type: "string" },
          { Name: "note", Type: "string" },
        ],
        Location: location,
        InputFormat: "org.apache.hadoop.mapred.TextInputFormat",
        OutputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        SerdeInfo: {
          SerializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
          Parameters: { separatorChar: ",", quoteChar: '"', escapeChar: "\\" },
        },
        Compressed: false,
        StoredAsSubDirectories: false,
      };
    }
  });
});

describe("A raw table over Parquet", () => {
  test("has the types of its files, and the source's types as comments", () => {
    const kinds = [
      "int32",
      "int64",
      "float",
      "double",
      "date",
      "timestamp",
      "text",
      "bytes",
      "decimal",
    ] as const;
    const columns = columnsOf(Object.fromEntries(kinds.map((kind) => [kind, kind])));

    const raw = planRawTable(orders({ columns }), "raw_orders", own);

    expect(raw.columns.map(({ name, type, comment }) => `${name} ${type} ${comment}`)).toEqual([
      "int32 int native",
      "int64 bigint native",
      "float float native",
      "double double native",
      "date date native",
      "timestamp timestamp native",
      "text string native",
      "bytes binary native",
      "decimal decimal(10,2) native",
    ]);
    expect(newTableInput(raw).Parameters).toEqual({
      EXTERNAL: "TRUE",
      classification: "parquet",
      typeOfData: "file",
      "panorama.source": "shop",
    });
    expect(partitionInput(raw, raw.partitions[0]!)).toMatchObject({
      Values: ["a.example"],
      Parameters: { recordCount: "1" },
      StorageDescriptor: { Location: "s3://lake/orders/lms=a.example/run1/" },
    });
  });

  test("without partitions is where its files are", () => {
    const files = ["part-00000", "part-00001"].map((part) => `s3://lake/orders/run1/${part}.parquet`);
    const table = orders({ basePartitions: [], slices: [slice(files)] });

    const raw = planRawTable(table, "raw_orders", []);

    expect(raw).toMatchObject({ location: "s3://lake/orders/run1/", rowCount: 1, partitions: [] });
  });

  test("without files is where none can be", () => {
    const raw = planRawTable(orders({ basePartitions: [], slices: [] }), "raw_orders", []);

    expect(raw).toMatchObject({ location: "s3://lake/orders/_empty/", filled: false });
  });
});

describe("A raw table", () => {
  test("has the lake's own partitions, a missing value as Hive spells it", () => {
    const file = "s3://lake/orders/anywhere/run1/part-00000.parquet";
    const table = orders({
      partitionColumns: ["note"],
      slices: [
        slice([file], { note: null }, lms),
        slice([file], { note: "" }, lms),
        slice([], { note: "no files" }, lms),
        slice([file], { note: "x" }, { lms: "b.example" }),
      ],
    });

    const raw = planRawTable(table, "raw_orders", own);

    expect(raw.partitions.map(({ values }) => values)).toEqual([
      ["a.example", "__HIVE_DEFAULT_PARTITION__"],
      ["a.example", ""],
    ]);
  });

  test.each<[string, Partial<LakeTable>, string]>([
    [
      "two columns that differ in case",
      { columns: columnsOf({ id: "int32", ID: "text" }) },
      "two columns called id",
    ],
    [
      "a column called like a base partition",
      { columns: columnsOf({ lms: "text" }) },
      "two columns called lms",
    ],
    [
      "files of a slice in two folders",
      { slices: [slice(["s3://lake/orders/run1/a", "s3://lake/orders/run2/a"], {}, lms)] },
      "several folders",
    ],
  ])("with %s is refused", (_, table, message) => {
    expect(() => planRawTable(orders(table), "raw_orders", own)).toThrow(
      expect.objectContaining({
        code: "CATALOG_INCOMPATIBLE",
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

describe("What becomes of a table that Glue has", () => {
  const csv = {
    format: "csv",
    slices: [slice(["s3://lake/orders/lms=a.example/orders.csv"], {}, lms)],
  } as const;

  test.each<[string, Partial<LakeTable>, boolean]>([
    ["the same", {}, false],
    ["the same, shared with others", {}, true],
    ["the same CSV", csv, false],
    ["CSV that lacks the last columns of others", { ...csv, columns: columnsOf({ id: "int32" }) }, true],
    ["columns in another order than others'", { columns: columnsOf({ note: "text", id: "int32" }) }, true],
    ["fewer columns than others", { columns: columnsOf({ note: "text" }) }, true],
  ])("nothing, when it is to be %s", (_, wanted, shared) => {
    const existing = glueTable(orders({ ...("format" in wanted ? csv : {}) }));

    expect(change(existing, orders(wanted), shared)).toEqual({ kind: "none" });
  });

  test.each<[string, Partial<LakeTable>, Partial<LakeTable>, boolean, readonly string[]]>([
    [
      "new order",
      {},
      { columns: columnsOf({ note: "text", id: "int32" }) },
      false,
      ["note string", "id int"],
    ],
    ["other type", {}, { columns: columnsOf({ id: "text" }) }, false, ["id string"]],
    ["new order of CSV", csv, { ...csv, columns: columnsOf({ note: "text" }) }, false, ["note string"]],
    [
      "another column at the end of shared CSV",
      csv,
      { ...csv, columns: columnsOf({ id: "int32", note: "text", more: "date" }) },
      true,
      ["id string", "note string", "more string"],
    ],
    [
      "wider types and more columns than others'",
      {},
      { columns: columnsOf({ id: "int64", more: "date" }) },
      true,
      ["id bigint", "note string", "more date"],
    ],
    ["from CSV to Parquet", csv, {}, false, ["id int", "note string"]],
  ])("new columns: %s", (_, had, wanted, shared, columns) => {
    const changed = change(glueTable(orders(had)), orders(wanted), shared);

    expect(changed).toMatchObject({ kind: "update", converts: had.format !== wanted.format });
    const input = changed.kind === "update" ? changed.input : undefined;
    expect(input?.StorageDescriptor?.Columns?.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual(columns);
  });

  test("keeps what somebody added, and loses what belongs to the old format", () => {
    const existing = glueTable(orders(csv));
    const marked: Table = {
      ...existing,
      Description: "ours",
      Retention: 3,
      Parameters: { ...existing.Parameters, owner: "me" },
    };

    const changed = change(marked, orders({}), false);

    expect(changed).toMatchObject({ kind: "update", input: { Description: "ours", Retention: 3 } });
    expect(changed.kind === "update" && changed.input.Parameters).toEqual({
      EXTERNAL: "TRUE",
      owner: "me",
      classification: "parquet",
      typeOfData: "file",
      "panorama.source": "shop",
    });
  });

  test("moves with the lake, unless others have chosen its place", () => {
    const existing = glueTable(orders({ folder: "s3://old/None/orders/" }));

    expect(change(existing, orders({}), false)).toMatchObject({
      kind: "update",
      input: { StorageDescriptor: { Location: "s3://lake/orders/" } },
    });
    expect(change(existing, orders({}), true)).toEqual({ kind: "none" });
  });

  test.each<[string, Partial<Table>, Partial<LakeTable>, boolean, string]>([
    ["a view", { TableType: "VIRTUAL_VIEW" }, {}, false, "it is a view"],
    [
      "an Iceberg table",
      { Parameters: { table_type: "ICEBERG" } },
      {},
      false,
      "it is a table of type ICEBERG",
    ],
    [
      "partitioned otherwise",
      {},
      { partitionColumns: ["note"], slices: [] },
      false,
      "it is partitioned by lms, and is to be partitioned by lms, note",
    ],
    [
      "of another format for others",
      {},
      csv,
      true,
      "other installations have partitions in it, and their files are not csv",
    ],
    [
      "of a type for others that ours cannot be read with",
      {},
      { columns: columnsOf({ id: "text" }) },
      true,
      "its column id is int for other installations, and is to be string",
    ],
  ])("a refusal, when it is %s", (_, existing, wanted, shared, reason) => {
    const had = { ...glueTable(orders({})), ...existing };

    expect(change(had, orders(wanted), shared)).toMatchObject({ kind: "refused", reason });
  });

  test("a refusal, when others' CSV would be read with shifted columns", () => {
    const wanted = orders({ ...csv, columns: columnsOf({ id: "int32", new: "text", note: "text" }) });

    expect(change(glueTable(orders(csv)), wanted, true)).toMatchObject({
      kind: "refused",
      reason:
        "its column 2 is note, and is to be new; the files of other installations would be read with their columns shifted",
    });
  });
});

test("Partitions that are missing are made, those that moved are moved, others go, and the same stay", () => {
  const partition = (value: string) => ({ values: [value], location: `s3://lake/${value}/`, rowCount: 1 });
  const key = (value: string) => partitionKey([value]);

  const changes = planPartitionChanges(
    ["same", "moved", "new"].map(partition),
    new Map(
      [
        ["same", "1"],
        ["moved", "2"],
        ["new", "1"],
      ].map(([value, print]) => [key(value!), print!]),
    ),
    new Map(
      [
        ["same", "1"],
        ["moved", "1"],
        ["gone", "1"],
      ].map(([value, print]) => [key(value!), print!]),
    ),
  );

  expect(changes).toEqual({ create: [partition("new")], update: [partition("moved")], drop: [key("gone")] });
});

function glueTable(table: LakeTable): Table {
  return { ...newTableInput(planRawTable(table, "raw_orders", own)), Name: "raw_orders" };
}

function change(existing: Table, wanted: LakeTable, shared: boolean): TableChange {
  return planTableChange(existing, planRawTable(wanted, "raw_orders", own), shared);
}
