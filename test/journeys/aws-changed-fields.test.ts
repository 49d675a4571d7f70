import { expect, test } from "vitest";
import { deny } from "../catalogs/aws-front.ts";
import { openFaultyProxy } from "../services/faulty-proxy.ts";
import { describeOnMoto, type TestMotoServer } from "../services/moto-server.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { type AwsSite, openAwsSite } from "./aws-site.ts";
import { glueTable, keepViews, partitionFolders, spellColumns } from "./glue-state.ts";
import { createOriginalTable } from "./original-tables.ts";
import { mysqlDatasource } from "./site.ts";

const lms = "lms.example.com";
const key = `openedx/visits/lms=${lms}/course_id=a/visits.csv`;

/** As the settings list it. */
function visits(fields: readonly string[], partitionFields: readonly string[] = ["course_id"]): object {
  return {
    name: "visits",
    partitions: { partition_fields: partitionFields },
    fields: fields.map((name) => ({ name, type: name === "id" ? "int" : "varchar" })),
  };
}

async function fill(school: TestDatabase): Promise<void> {
  await school.query(`
    create table visits (id int primary key, course_id varchar(20), state varchar(20), place varchar(20));
    insert into visits values (1, 'a', 'open', 'Rosario'), (2, 'Org/Course/Run', 'shut', 'Salta')`);
}

describeOnS3("a table whose fields change", (s3) => {
  describeOnMoto("in Athena", (moto) => {
    describeOnServers(
      "over CSV files",
      (server) => {
        test("as the original left it: old folders, gone and new courses are all seen to", async () => {
          await using school = await server.database();
          await fill(school);
          const table = visits(["id", "course_id", "state"]);
          await using lake = await openAwsSite(
            { s3, moto },
            { datasources: [mysqlDatasource(school, [table])] },
          );
          await createOriginalTable(moto, lake, {
            name: "openedx_raw_visits",
            folder: "openedx/visits/",
            columns: ["id", "state"],
            partitionKeys: ["lms", "course_id"],
            partitions: ["Org/Course/Run", "gone"].map((course) => [lms, course]),
          });

          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);

          const folder = `s3://${lake.bucket.name}/openedx/visits/lms=${lms}/`;
          expect(await partitionFolders(moto, lake.database, "openedx_raw_visits")).toEqual({
            [`${lms}/a`]: `${folder}course_id=a/`,
            [`${lms}/Org/Course/Run`]: `${folder}course_id=Org%2FCourse%2FRun/`,
          });

          await school.query("update visits set course_id = 'b' where course_id = 'a'");
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);

          expect(
            Object.keys(await partitionFolders(moto, lake.database, "openedx_raw_visits")).sort(),
          ).toEqual([`${lms}/Org/Course/Run`, `${lms}/b`]);
          expect((await lake.keys()).filter((each) => each.includes("course_id=a"))).toEqual([]);
        });

        test("appended, moved, taken out: no query ever finds a value in another column than its own", async () => {
          await using school = await server.database();
          await fill(school);
          const settings = (fields: readonly string[]) => ({
            datalake: lake.datalake,
            datasources: [mysqlDatasource(school, [visits(fields)])],
          });
          await using lake = await openAwsSite({ s3, moto }, { datasources: [] });
          const seen: Reading[] = [];
          keepViews(moto, lake, async ({ operation }) => {
            if (/^(Create|Update|Delete|Batch)/.test(operation)) seen.push(await read(moto, lake));
            return undefined;
          });

          for (const [fields, columns] of [
            [
              ["id", "course_id", "state"],
              ["id", "state"],
            ],
            [
              ["id", "course_id", "state", "place"],
              ["id", "state", "place"],
            ],
            [
              ["place", "course_id", "id", "state"],
              ["place", "id", "state"],
            ],
            [
              ["course_id", "id", "state"],
              ["id", "state"],
            ],
          ] as const) {
            await lake.site.writeSettings(settings(fields));
            expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
            seen.push(await read(moto, lake));
            expect(seen.at(-1)).toEqual({ columns, header: columns });
          }

          for (const reading of seen) expectInPlace(reading);
        });

        test("is not touched when the right to empty it is missing, and nothing is moved under it", async () => {
          await using school = await server.database();
          await fill(school);
          const before = visits(["id", "course_id", "state"]);
          await using lake = await openAwsSite(
            { s3, moto },
            { datasources: [mysqlDatasource(school, [before])] },
          );
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          const old = await lake.read(key);
          await lake.site.writeSettings({
            datalake: lake.datalake,
            datasources: [mysqlDatasource(school, [visits(["state", "course_id", "id"])])],
          });
          lake.front.answer(deny("BatchDeletePartition", "DeleteTable"));

          const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

          expect(exitCode).toBe(1);
          expect(stderr).toContain("These credentials lack the right glue:DeleteTable on table/");
          expect(await lake.read(key)).toBe(old);
          expectInPlace(await read(moto, lake));
          // Whoever finishes what that run has begun.
          for (const command of ["clean", "rollback"]) {
            expect([command, (await lake.run(command)).exitCode]).toEqual([command, 1]);
            expect([command, await lake.read(key)]).toEqual([command, old]);
          }

          lake.front.answer(() => undefined);
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          expect(await lake.read(key)).toBe("state,id\r\nopen,1\r\n");
          expect(await read(moto, lake)).toEqual({
            columns: ["state", "id"],
            header: ["state", "id"],
          });
        });

        test("and whose run is killed when it is empty: create-datalake-tables brings its rows back", async () => {
          await using school = await server.database();
          await fill(school);
          await using proxy = await openFaultyProxy(s3.endpointUrl);
          await using lake = await openAwsSite(
            { s3, moto, endpointUrl: proxy.url },
            { datasources: [mysqlDatasource(school, [visits(["id", "course_id", "state"])])] },
          );
          keepViews(moto, lake);
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          await lake.site.writeSettings({
            datalake: lake.datalake,
            datasources: [mysqlDatasource(school, [visits(["state", "course_id", "id"])])],
          });
          const moving = new Promise<string>((resolve) => {
            proxy.fail(({ headers }) => {
              if (headers["x-amz-copy-source"] === undefined) return undefined;
              resolve("moving");
              return { kind: "stall" };
            });
          });
          await using run = lake.start("extract-and-load", "--all");
          expect(await Promise.race([moving, run.ended])).toBe("moving");
          run.kill("SIGKILL");
          await run.ended;
          proxy.fail(() => undefined);
          expect((await read(moto, lake)).header).toBeUndefined();

          expect((await lake.run("create-datalake-tables", "--all")).exitCode).toBe(0);

          const columns = ["state", "id"];
          expect(await read(moto, lake)).toEqual({ columns, header: columns });
        });

        test("that others share keeps its old version when their files would be misread", async () => {
          await using school = await server.database();
          await fill(school);
          await school.query("create table notes (id int primary key); insert into notes values (1)");
          const before = visits(["id", "course_id", "state"]);
          await using lake = await openAwsSite(
            { s3, moto },
            { datasources: [mysqlDatasource(school, [before])] },
          );
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          const old = await lake.read(key);
          await moto.glue.createPartition({
            DatabaseName: lake.database,
            TableName: "openedx_raw_visits",
            PartitionInput: {
              Values: ["other.example.com", "a"],
              StorageDescriptor: { Location: "s3://x/" },
            },
          });
          await lake.site.writeSettings({
            datalake: lake.datalake,
            datasources: [mysqlDatasource(school, [visits(["state", "course_id", "id"]), "notes"])],
          });

          const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

          expect(exitCode).toBe(1);
          expect(stderr).toContain(
            "✗ shop.visits: openedx_raw_visits cannot be changed in Glue: its column 1 is id, and is to be state; " +
              "the files of other installations would be read with their columns shifted (CATALOG_INCOMPATIBLE)",
          );
          expect(stderr).toContain("Published 1 table, 1 failed");
          expect(await lake.read(key)).toBe(old);
          expect((await lake.keys()).filter((each) => each.includes("notes"))).toHaveLength(1);
          expect(
            spellColumns(
              (await glueTable(moto, lake.database, "openedx_raw_visits")).StorageDescriptor?.Columns,
            ),
          ).toEqual(["id string", "state string"]);
        });

        test("its partitions too: refused with what to do, and made anew by --rebuild", async () => {
          await using school = await server.database();
          await fill(school);
          const before = visits(["id", "course_id", "state", "place"]);
          await using lake = await openAwsSite(
            { s3, moto },
            { datasources: [mysqlDatasource(school, [before])] },
          );
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          const [old, keys] = [await lake.read(key), await lake.keys()];
          for (const partitionFields of [[], ["place"]]) {
            await lake.site.writeSettings({
              datalake: lake.datalake,
              datasources: [
                mysqlDatasource(school, [visits(["id", "course_id", "state", "place"], partitionFields)]),
              ],
            });

            const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

            expect(exitCode).toBe(1);
            expect(stderr).toContain(
              "✗ shop.visits: openedx_raw_visits cannot be changed in Glue: it is partitioned by lms, course_id, " +
                `and is to be partitioned by ${["lms", ...partitionFields].join(", ")} (CATALOG_INCOMPATIBLE)`,
            );
            expect(stderr).toContain("extract-and-load --rebuild");
            expect(await lake.keys()).toEqual(keys);
            expect(await lake.read(key)).toBe(old);
          }

          const rebuilt = await lake.run("extract-and-load", "--rebuild", "visits");

          expect([rebuilt.exitCode, rebuilt.stderr.match(/✗.*/)]).toEqual([0, null]);
          const folder = `openedx/visits/lms=${lms}/`;
          expect(await lake.keys()).toEqual(
            ["Rosario", "Salta"].map((p) => `${folder}place=${p}/visits.csv`),
          );
          expect(await partitionFolders(moto, lake.database, "openedx_raw_visits")).toEqual({
            [`${lms}/Rosario`]: `s3://${lake.bucket.name}/${folder}place=Rosario/`,
            [`${lms}/Salta`]: `s3://${lake.bucket.name}/${folder}place=Salta/`,
          });
        });
      },
      ["mariadb"],
    );
  });
});

/** What a query of Athena's would find: the table's columns, and the header of the file behind its partition. */
interface Reading {
  readonly columns: readonly string[];
  /** Undefined where Glue names no such partition, and no row is found. */
  readonly header: readonly string[] | undefined;
}

async function read(moto: TestMotoServer, lake: AwsSite): Promise<Reading> {
  const where = { DatabaseName: lake.database, Name: "openedx_raw_visits" };
  const table = await moto.glue.getTable(where).catch(() => undefined);
  const columns = (table?.Table?.StorageDescriptor?.Columns ?? []).map(({ Name = "" }) => Name);
  const folders = table === undefined ? {} : await partitionFolders(moto, lake.database, where.Name);
  if (folders[`${lms}/a`] === undefined) return { columns, header: undefined };
  return { columns, header: (await lake.read(key)).split("\r\n")[0]?.split(",") };
}

/** A file that is shorter than the table ends in columns that are NULL; one that is longer has values that nobody reads. */
function expectInPlace({ columns, header }: Reading): void {
  const both = Math.min(columns.length, header?.length ?? 0);
  expect(header?.slice(0, both) ?? []).toEqual(columns.slice(0, both));
}
