import { expect, test } from "vitest";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openAwsSite } from "./aws-site.ts";
import { glueTable, keepViews, partitionFolders, spellColumns } from "./glue-state.ts";
import { mysqlDatasource } from "./site.ts";

const lms = "lms.example.com";
const folder = `openedx/visits/lms=${lms}/`;
const rawTable = "openedx_raw_visits";

/** The first column goes, another takes its place, and the last one becomes a text. */
const alter = `
  alter table visits drop column state, add column place varchar(20) default 'Salta' first, modify n varchar(20);
  update visits set n = 'two' where id = 2`;

const types = {
  csv: {
    before: ["state string", "id string", "n string"],
    after: ["place string", "id string", "n string"],
  },
  parquet: { before: ["state string", "id int", "n int"], after: ["place string", "id int", "n string"] },
} as const;

describeOnS3("a table whose columns change at the source", (s3) => {
  describeOnMoto("in Athena", (moto) => {
    describeOnServers(
      "loaded into a bucket",
      (server) => {
        test.each(["csv", "parquet"] as const)(
          "is followed by Glue's table over %s files, all of which are new",
          async (format) => {
            await using school = await server.database();
            await school.query(`
              create table visits (state varchar(20), id int primary key, course varchar(20), n int);
              insert into visits values ('open', 1, 'a', 1), ('shut', 2, 'b', 2)`);
            const table = { name: "visits", partitions: { partition_fields: ["course"] } };
            await using lake = await openAwsSite(
              { s3, moto },
              { datalake: { format }, datasources: [mysqlDatasource(school, [table])] },
            );
            keepViews(moto, lake);
            const columns = async (): Promise<readonly string[]> =>
              spellColumns((await glueTable(moto, lake.database, rawTable)).StorageDescriptor?.Columns);
            expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
            expect(await columns()).toEqual(types[format].before);
            const old = await lake.keys();
            await school.query(alter);

            const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

            expect(exitCode, stderr).toBe(0);
            expect(await columns()).toEqual(types[format].after);
            const folders = Object.values(await partitionFolders(moto, lake.database, rawTable));
            expect(folders).toHaveLength(2);
            if (format === "csv") {
              expect(await lake.keys()).toEqual(old);
              expect(await lake.read(`${folder}course=b/visits.csv`)).toBe("place,id,n\r\nSalta,2,two\r\n");
            } else {
              const prefixes = folders.map((each) => each.replace(`s3://${lake.bucket.name}/`, ""));
              expect(old.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)))).toEqual([]);
            }
          },
        );

        test("keeps its columns in Glue with `on_schema_change: ignore`", async () => {
          await using school = await server.database();
          await school.query(`
            create table visits (state varchar(20), id int primary key, course varchar(20), n varchar(20));
            insert into visits values ('open', 1, 'a', '1')`);
          const table = { name: "visits", partitions: { partition_fields: ["course"] } };
          const more = { on_schema_change: "ignore" };
          await using lake = await openAwsSite(
            { s3, moto },
            { datasources: [mysqlDatasource(school, [table], more)] },
          );
          keepViews(moto, lake);
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          const before = await glueTable(moto, lake.database, rawTable);
          await school.query(
            "alter table visits drop column state, add column place int first, modify n int",
          );

          const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

          expect(exitCode, stderr).toBe(0);
          const { StorageDescriptor } = await glueTable(moto, lake.database, rawTable);
          expect(StorageDescriptor?.Columns).toEqual(before.StorageDescriptor?.Columns);
          expect(await lake.read(`${folder}course=a/visits.csv`)).toBe("state,id,n\r\nNULL,1,1\r\n");
        });
      },
      ["mariadb"],
    );
  });
});
