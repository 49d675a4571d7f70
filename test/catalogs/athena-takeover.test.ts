import type { StorageDescriptor } from "@aws-sdk/client-glue";
import { expect, test } from "vitest";
import type { LakeTable } from "../../src/catalogs/catalog.ts";
import { describeOnMoto, type TestMotoServer } from "../services/moto-server.ts";
import { catalogAt, csvModules, lms, locationsOf, memoryObject, modules } from "./athena-world.ts";
import { deny, openAwsFront } from "./aws-front.ts";
import { columnsOf, lakeTable, slice } from "./small-lake.ts";

/** What the original's own documentation asks for. */
const seedRights = [
  ...["StartQueryExecution", "GetQueryExecution", "GetQueryResults"],
  ...["GetDatabase", "GetDatabases", "GetTable", "CreateTable", "UpdateTable", "DeleteTable"],
  ...["GetPartitions", "BatchCreatePartition"],
];

const names = { rawName: "openedx_raw_modules", viewName: "openedx_table_modules" };

describeOnMoto("A table of the original", (server) => {
  test("is taken over with its partitions, with no other right than the original needs", async () => {
    await using front = await openAwsFront(server.url);
    front.answer((call) => (seedRights.includes(call.operation) ? undefined : deny(call.operation)(call)));
    const database = await originalTable(server, {
      "course-v1:A": lms.lms,
      "course-v1:B": "other.example.com",
    });
    const catalog = catalogAt(front.url, { database });

    const warnings = await catalog.publish([csvModules(["course-v1:A", "course-v1:C"], names)]);

    expect(warnings).toEqual([]);
    expect(Object.keys(await locationsOf(server, database, names.rawName)).sort()).toEqual([
      "course-v1:A",
      "course-v1:B",
      "course-v1:C",
    ]);
    expect(front.takeCounts()).toMatchObject({ BatchCreatePartition: 1, StartQueryExecution: 1 });

    await catalog.publish([csvModules(["course-v1:A", "course-v1:C"], names)]);

    expect(front.takeCounts()).toEqual({});
  });

  test("is left as it is until there are files of ours to show", async () => {
    await using front = await openAwsFront(server.url);
    const database = await originalTable(server, { "course-v1:A": lms.lms });
    const catalog = catalogAt(front.url, { database });

    await catalog.publish([modules([], "run1", names)], { verify: true });

    expect(
      Object.keys(front.takeCounts()).filter((operation) => /Create|Update|Delete/.test(operation)),
    ).toEqual([]);

    await catalog.publish([modules(["course-v1:A"], "run1", names)], { verify: true });
    await catalog.publish([modules([], "run1", names)]);

    expect(await locationsOf(server, database, names.rawName)).toEqual({});
  });

  test("loses partitions that the source has no rows for", async () => {
    const database = await originalTable(server, {
      "course-v1:A": lms.lms,
      "course-v1:Gone": lms.lms,
      "course-v1:B": "other.example.com",
    });

    await catalogAt(server.url, { database }).publish([csvModules(["course-v1:A"], names)]);

    expect(Object.keys(await locationsOf(server, database, names.rawName)).sort()).toEqual([
      "course-v1:A",
      "course-v1:B",
    ]);
  });

  test("keeps such partitions where the right is missing, and that is told once", async () => {
    await using front = await openAwsFront(server.url);
    front.answer(deny("BatchDeletePartition"));
    const database = await originalTable(server, { "course-v1:A": lms.lms, "course-v1:Gone": lms.lms });
    const catalog = catalogAt(front.url, { database });
    const publish = () => catalog.publish([csvModules(["course-v1:A"], names)]);

    expect(await publish()).toEqual([
      {
        table: names.rawName,
        message:
          "cannot drop 1 partition that the lake has no rows for: " +
          "These credentials lack the right glue:BatchDeletePartition on table/panorama/orders",
      },
    ]);
    expect(await publish()).toEqual([]);
  });

  test("has a partition moved whose folder the original spelled otherwise", async () => {
    const database = await originalTable(server, { "Org/Course/Run": lms.lms });

    await catalogAt(server.url, { database }).publish([csvModules(["Org/Course/Run"], names)]);

    expect(await locationsOf(server, database, names.rawName)).toEqual({
      "Org/Course/Run": `s3://lake/modules/lms=${lms.lms}/course_id=Org%2FCourse%2FRun/`,
    });
  });

  test("fails where that right is missing, after all else is done, and says what readers find", async () => {
    await using front = await openAwsFront(server.url);
    front.answer(deny("BatchUpdatePartition"));
    const database = await originalTable(server, { "Org/Course/Run": lms.lms });

    const published = catalogAt(front.url, { database }).publish([
      csvModules(["Org/Course/Run", "new"], names),
    ]);

    await expect(published).rejects.toMatchObject({
      code: "CATALOG_DENIED",
      message:
        "Readers of openedx_raw_modules find old rows in 1 partition: " +
        "These credentials lack the right glue:BatchUpdatePartition on table/panorama/orders",
    });
    expect(Object.keys(await locationsOf(server, database, names.rawName)).sort()).toEqual([
      "Org/Course/Run",
      "new",
    ]);
  });

  test("that says None for a missing base prefix is corrected", async () => {
    const database = await originalTable(server, {}, "s3://lake/None/modules/");

    await catalogAt(server.url, { database }).publish([csvModules(["a"], names)]);

    const { Table } = await server.glue.getTable({ DatabaseName: database, Name: names.rawName });
    expect(Table?.StorageDescriptor?.Location).toBe("s3://lake/modules/");
  });

  test("becomes Parquet in place when all its partitions are ours", async () => {
    const database = await originalTable(server, { a: lms.lms, b: lms.lms });
    const memory = memoryObject();
    const catalog = catalogAt(server.url, { database, memory });

    await catalog.publish([modules(["a", "b"], "run1", names)]);

    const { Table } = await server.glue.getTable({ DatabaseName: database, Name: names.rawName });
    expect(Table?.StorageDescriptor?.SerdeInfo?.SerializationLibrary).toContain("ParquetHiveSerDe");
    expect(Table?.StorageDescriptor?.Columns?.map(({ Type }) => Type)).toEqual([
      "bigint",
      "double",
      "timestamp",
    ]);
    expect(Table?.Parameters).not.toHaveProperty("skip.header.line.count");
    const where = { DatabaseName: database, TableName: names.rawName };
    const { Partitions = [] } = await server.glue.getPartitions(where);
    const serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
    expect(
      Partitions.map(({ StorageDescriptor: { SerdeInfo, Location } = {} }) => [
        SerdeInfo?.SerializationLibrary,
        Location,
      ]),
    ).toEqual(
      ["a", "b"].map((course) => [serde, `s3://lake/modules/lms=${lms.lms}/course_id=${course}/run1/`]),
    );
  });

  test("stays CSV when the right to move its partitions is missing", async () => {
    await using front = await openAwsFront(server.url);
    front.answer(deny("BatchUpdatePartition"));
    const database = await originalTable(server, { a: lms.lms });

    const published = catalogAt(front.url, { database }).publish([modules(["a"], "run1", names)]);

    await expect(published).rejects.toMatchObject({ code: "CATALOG_DENIED" });
    expect(front.takeCounts()).not.toHaveProperty("UpdateTable");
  });

  test("stays CSV when others have partitions in it", async () => {
    const database = await originalTable(server, { a: lms.lms, b: "other.example.com" });

    const published = catalogAt(server.url, { database }).publish([modules(["a"], "run1", names)]);

    await expect(published).rejects.toMatchObject({
      code: "CATALOG_INCOMPATIBLE",
      message:
        "openedx_raw_modules cannot be changed in Glue: other installations have partitions in it, " +
        "and their files are not parquet",
      remedy: expect.stringContaining("datalake_table_name") as string,
    });
    expect(await locationsOf(server, database, names.rawName)).toMatchObject({
      a: `s3://lake/modules/lms=${lms.lms}/course_id=a`,
    });
  });

  test("is dropped when it is not to be shown, but for what others have in it", async () => {
    const database = await originalTable(server, { a: lms.lms, b: "other.example.com" });
    const catalog = catalogAt(server.url, { database });
    await catalog.publish([csvModules(["a"], names)]);

    expect(await catalog.publish([])).toEqual([
      {
        table: names.rawName,
        message:
          "kept openedx_raw_modules and openedx_table_modules: other installations have partitions in it",
      },
    ]);
    expect(Object.keys(await locationsOf(server, database, names.rawName))).toEqual(["b"]);
    expect(await catalog.publish([])).toEqual([]);
  });

  test("with other partition columns is made anew only when that is asked for", async () => {
    const database = await originalTable(server, { a: lms.lms });
    const catalog = catalogAt(server.url, { database });
    const otherwise = csvModules(["a"], {
      ...names,
      partitionColumns: ["course"],
      columns: columnsOf({ id: "int64", course: "text" }),
    });

    await expect(catalog.publish([otherwise])).rejects.toMatchObject({
      code: "CATALOG_INCOMPATIBLE",
      message: expect.stringContaining(
        "partitioned by lms, course_id, and is to be partitioned by lms, course",
      ) as string,
      remedy: expect.stringContaining("extract-and-load --rebuild TABLE") as string,
    });

    await catalog.publish([otherwise], { replace: [names.rawName] });

    const { Table } = await server.glue.getTable({ DatabaseName: database, Name: names.rawName });
    expect(Table?.PartitionKeys?.map(({ Name }) => Name)).toEqual(["lms", "course"]);
  });
});

describeOnMoto("A table that two installations share", (server) => {
  const parquet = (site: string, run: string, id: "int32" | "int64", more: object = {}): LakeTable =>
    lakeTable("users", {
      columns: columnsOf({ id, ...more }),
      basePartitions: ["lms"],
      slices: [slice([`s3://lake/users/lms=${site}/${run}/part-00000.parquet`], {}, { lms: site })],
    });

  test("has the columns of both, and each moves its own partition only", async () => {
    const database = await server.database();
    const catalogOf = (value: string) =>
      catalogAt(server.url, { database, ownBasePartition: [{ column: "lms", value }] });
    const [first, second] = [catalogOf("first.example"), catalogOf("second's example")];

    await first.publish([parquet("first.example", "run1", "int32", { old: "text" })]);
    await second.publish([parquet("second's example", "run2", "int64", { new: "date" })]);
    await first.publish([parquet("first.example", "run3", "int32", { old: "text" })]);

    expect(await locationsOf(server, database, "raw_users")).toEqual({
      "first.example": "s3://lake/users/lms=first.example/run3/",
      "second's example": "s3://lake/users/lms=second's example/run2/",
    });
    const { Table } = await server.glue.getTable({ DatabaseName: database, Name: "raw_users" });
    expect(Table?.StorageDescriptor?.Columns?.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
      "id bigint",
      "old string",
      "new date",
    ]);

    await second.publish([]);

    expect(Object.keys(await locationsOf(server, database, "raw_users"))).toEqual(["first.example"]);
  });

  test("is left to itself in what is published: slices of others are passed over", async () => {
    const database = await server.database();
    const both = [parquet("lms.example.com", "run1", "int32"), parquet("other.example", "run2", "int32")];
    const table = { ...both[0]!, slices: both.flatMap(({ slices }) => slices) };

    await catalogAt(server.url, { database }).publish([table]);

    expect(Object.keys(await locationsOf(server, database, "raw_users"))).toEqual(["lms.example.com"]);
  });
});

/** As the original's DDL makes it; the partitions are courses, each with its LMS. */
async function originalTable(
  server: TestMotoServer,
  partitions: Readonly<Record<string, string>>,
  location = "s3://lake/modules/",
): Promise<string> {
  const database = await server.database();
  const descriptor: StorageDescriptor = {
    Columns: ["id", "grade", "modified"].map((Name) => ({
      Name,
      Type: "string",
      Comment: "from deserializer",
    })),
    Location: location,
    InputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    OutputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    NumberOfBuckets: -1,
    SerdeInfo: {
      SerializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
      Parameters: { separatorChar: ",", quoteChar: '"', escapeChar: "\\", "serialization.format": "1" },
    },
  };
  await server.glue.createTable({
    DatabaseName: database,
    TableInput: {
      Name: names.rawName,
      TableType: "EXTERNAL_TABLE",
      PartitionKeys: ["lms", "course_id"].map((Name) => ({ Name, Type: "string" })),
      StorageDescriptor: descriptor,
      Parameters: { EXTERNAL: "TRUE", classification: "csv", "skip.header.line.count": "1" },
    },
  });
  await server.glue.batchCreatePartition({
    DatabaseName: database,
    TableName: names.rawName,
    PartitionInputList: Object.entries(partitions).map(([course, site]) => ({
      Values: [site, course],
      StorageDescriptor: {
        ...descriptor,
        Location: `${location}lms=${site}/course_id=${encodeURIComponent(course).replaceAll("%2F", "/")}`,
      },
    })),
  });
  return database;
}
