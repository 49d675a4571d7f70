import { expect, test } from "vitest";
import type { LakeTable } from "../../src/catalogs/catalog.ts";
import { storedMemory } from "../../src/catalogs/athena/catalog-memory.ts";
import { openLocalStore } from "../../src/stores/local-store.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { describeOnMoto } from "../services/moto-server.ts";
import { catalogAt, csvModules, lms, locationsOf, memoryObject, modules } from "./athena-world.ts";
import { openAwsFront } from "./aws-front.ts";
import { columnsOf, lakeTable, slice } from "./small-lake.ts";

describeOnMoto("The Athena catalog", (server) => {
  test("2,000 partitions take at most 25 calls of Glue, and none when nothing is new", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    const courses = Array.from({ length: 2000 }, (_, i) => `course-v1:Org+C${i}+2026`);

    await catalog.publish([modules(courses, "run1")]);

    const first = front.takeCounts();
    expect(first).toMatchObject({
      GetTable: 1,
      CreateTable: 1,
      BatchCreatePartition: 20,
      StartQueryExecution: 1,
    });
    expect(glueCalls(first)).toBeLessThanOrEqual(25);

    await catalog.publish([modules(courses, "run1")]);

    expect(front.takeCounts()).toEqual({});

    await catalog.publish([modules(courses, "run2")]);

    expect(front.takeCounts()).toEqual({ BatchUpdatePartition: 20 });
    const locations = Object.values(await locationsOf(server, database, "raw_modules"));
    expect(locations).toHaveLength(2000);
    expect(new Set(locations.map((location) => location.slice(-6)))).toEqual(new Set(["/run2/"]));
  });

  test("2,000 partitions that Glue has already are compared, and not written", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const memory = memoryObject();
    const catalog = catalogAt(front.url, { database, memory });
    const courses = Array.from({ length: 2000 }, (_, i) => `course-v1:Org+C${i}+2026`);
    await catalog.publish([modules(courses, "run1")]);
    front.takeCounts();

    memory.forget();
    await catalog.publish([modules(courses, "run1")]);

    const calls = front.takeCounts();
    expect(Object.keys(calls).sort()).toEqual([
      "GetPartitions",
      "GetQueryExecution",
      "GetTable",
      "StartQueryExecution",
    ]);
    expect(glueCalls(calls)).toBeLessThanOrEqual(5);
  });

  test("an unpartitioned table moves to its new files, and its view stays as it is", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database, ownBasePartition: [] });
    await catalog.publish([users("run1")]);
    front.takeCounts();

    await catalog.publish([users("run2")]);

    expect(front.takeCounts()).toEqual({ GetTable: 1, UpdateTable: 1 });
    const { Table } = await server.glue.getTable({ DatabaseName: database, Name: "raw_users" });
    expect(Table?.StorageDescriptor?.Location).toBe("s3://lake/users/run2/");
    expect(Table?.Parameters).toMatchObject({ classification: "parquet", recordCount: "1" });
  });

  test("CSV at its fixed keys needs no call for a new load", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    const table = csvModules(["course-v1:A", "course-v1:B"]);
    await catalog.publish([table]);
    front.takeCounts();

    const reloaded = table.slices.map((each) => ({ ...each, rowCount: 1000 }));
    await catalog.publish([{ ...table, slices: reloaded }]);

    expect(front.takeCounts()).toEqual({});
  });

  test("a new column makes the table, all its partitions and its view new", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    await catalog.publish([modules(["a", "b"], "run1")]);
    front.takeCounts();

    const columns = columnsOf({ id: "int64", added: "text", course_id: "text" });
    await catalog.publish([modules(["a", "b"], "run1", { columns })]);

    expect(front.takeCounts()).toMatchObject({
      UpdateTable: 1,
      BatchUpdatePartition: 1,
      StartQueryExecution: 1,
    });
    const { Partitions = [] } = await server.glue.getPartitions({
      DatabaseName: database,
      TableName: "raw_modules",
    });
    const names = Partitions.map(({ StorageDescriptor }) =>
      StorageDescriptor?.Columns?.map(({ Name }) => Name),
    );
    expect(names).toEqual([
      ["id", "added"],
      ["id", "added"],
    ]);
  });

  test("only what changed is written", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database, ownBasePartition: [{ column: "lms", value: lms.lms }] });
    await catalog.publish([modules(["a", "b", "c"], "run1")]);
    front.takeCounts();

    const [a] = modules(["a"], "run2").slices;
    const [b, d] = modules(["b", "d"], "run1").slices;
    await catalog.publish([{ ...modules([], "run1"), slices: [a!, b!, d!] }]);

    expect(front.takeCounts()).toEqual({
      BatchCreatePartition: 1,
      BatchUpdatePartition: 1,
      BatchDeletePartition: 1,
    });
    expect(await locationsOf(server, database, "raw_modules")).toEqual({
      a: "s3://lake/modules/lms=lms.example.com/course_id=a/run2/",
      b: "s3://lake/modules/lms=lms.example.com/course_id=b/run1/",
      d: "s3://lake/modules/lms=lms.example.com/course_id=d/run1/",
    });
  });

  test("verifying puts back what somebody took away", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    await catalog.publish([modules(["a", "b"], "run1")]);
    const where = { DatabaseName: database, TableName: "raw_modules" };
    await server.glue.deletePartition({ ...where, PartitionValues: [lms.lms, "a"] });
    front.takeCounts();

    await catalog.publish([modules(["a", "b"], "run1")]);

    expect(front.takeCounts()).toEqual({});

    await catalog.publish([modules(["a", "b"], "run1")], { verify: true });

    expect(Object.keys(await locationsOf(server, database, "raw_modules")).sort()).toEqual(["a", "b"]);
    // The server's Athena makes no views, so that the catalog finds its own missing.
    expect(front.takeCounts()).toMatchObject({ BatchCreatePartition: 1, StartQueryExecution: 1 });
  });

  test("a table that somebody dropped is made again as soon as there is something to write", async () => {
    const database = await server.database();
    const catalog = catalogAt(server.url, { database });
    await catalog.publish([modules(["a", "b"], "run1")]);
    await server.glue.deleteTable({ DatabaseName: database, Name: "raw_modules" });

    await catalog.publish([modules(["a", "b", "c"], "run1")]);

    expect(Object.keys(await locationsOf(server, database, "raw_modules")).sort()).toEqual(["a", "b", "c"]);
  });

  test("what is not listed is dropped, if it was defined here", async () => {
    const database = await server.database();
    const catalog = catalogAt(server.url, { database });
    await server.glue.createTable({ DatabaseName: database, TableInput: { Name: "others" } });
    await catalog.publish([
      modules(["a"], "run1"),
      csvModules(["a"], { rawName: "raw_csv", viewName: "csv" }),
    ]);
    // As Athena would have done.
    await server.glue.createTable({
      DatabaseName: database,
      TableInput: { Name: "csv", TableType: "VIRTUAL_VIEW" },
    });

    await catalog.publish([modules(["a"], "run1")]);

    const { TableList = [] } = await server.glue.getTables({ DatabaseName: database });
    expect(TableList.map(({ Name }) => Name).sort()).toEqual(["others", "raw_modules"]);
  });

  test("a table that cannot be shown keeps no other from it, and all are told", async () => {
    const database = await server.database();
    const memory = memoryObject();
    const catalog = catalogAt(server.url, { database, memory });
    const twice = columnsOf({ id: "int32", ID: "int32" });
    await server.glue.createTable({
      DatabaseName: database,
      TableInput: { Name: "raw_csv", TableType: "VIRTUAL_VIEW" },
    });

    const published = catalog.publish([
      modules(["a"], "run1", {
        columns: twice,
        partitionColumns: [],
        rawName: "raw_twice",
        viewName: "twice",
      }),
      csvModules(["a"], { rawName: "raw_csv", viewName: "csv" }),
      modules(["a"], "run1"),
    ]);

    await expect(published).rejects.toMatchObject({
      code: "CATALOG_INCOMPATIBLE",
      message:
        "2 tables cannot be shown in the catalog: raw_twice would have two columns called id in Glue; " +
        "raw_csv cannot be changed in Glue: it is a view",
    });
    expect(Object.keys(await locationsOf(server, database, "raw_modules"))).toEqual(["a"]);
  });

  test("a view whose raw table is not defined is a warning", async () => {
    const database = await server.database();
    const catalog = catalogAt(server.url, { database });

    const warnings = await catalog.publish([modules(["a"], "run1", { rawName: undefined })]);

    expect(warnings).toEqual([
      {
        table: "modules",
        message: "not created: the raw table that it reads is not defined; create-datalake-tables does that",
      },
    ]);
  });

  test("what it remembers is an object of the lake", async () => {
    await using front = await openAwsFront(server.url);
    await using lake = await temporaryFolder();
    const database = await server.database();
    const store = await openLocalStore(lake.path);
    const open = () =>
      catalogAt(front.url, { database, memory: storedMemory(store, "_panorama/catalog.json") });
    await open().publish([modules(["a"], "run1")]);
    front.takeCounts();

    await open().publish([modules(["a"], "run1")]);

    expect(front.takeCounts()).toEqual({});

    await store.put("_panorama/catalog.json", new TextEncoder().encode("{damaged"));
    await open().publish([modules(["a"], "run1")]);

    expect(front.takeCounts()).toMatchObject({ GetTable: 1, GetPartitions: 1 });
  });

  test("a check tells of database and workgroup, each for itself", async () => {
    const database = await server.database();

    expect(await catalogAt(server.url, { database, workgroup: database }).check()).toEqual([
      { subject: `Glue database ${database}`, ok: true, detail: "exists" },
      {
        subject: `Athena workgroup ${database}`,
        ok: true,
        detail: expect.stringContaining("answered a query") as string,
      },
    ]);
    expect(await catalogAt(server.url, { database: "nowhere", workgroup: "nowhere" }).check()).toEqual([
      {
        subject: "Glue database nowhere",
        ok: false,
        detail: "does not exist; create it with CREATE DATABASE in Athena, or correct datalake_database",
      },
      {
        subject: "Athena workgroup nowhere",
        ok: false,
        detail: expect.stringContaining("WorkGroup") as string,
      },
    ]);
  });
});

function users(run: string): LakeTable {
  return lakeTable("users", {
    columns: columnsOf({ id: "int32", name: "text" }),
    slices: [slice([`s3://lake/users/${run}/part-00000.parquet`])],
  });
}

function glueCalls(counts: Readonly<Record<string, number>>): number {
  const ofAthena = ["StartQueryExecution", "GetQueryExecution"];
  return Object.entries(counts)
    .filter(([operation]) => !ofAthena.includes(operation))
    .reduce((sum, [, count]) => sum + count, 0);
}
