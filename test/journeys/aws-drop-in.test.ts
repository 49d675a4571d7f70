import { readFile } from "node:fs/promises";
import { TrinoSQL } from "dt-sql-parser";
import { expect, test } from "vitest";
import { fillMysql } from "../../bench/fill-mysql.ts";
import { readSettings } from "../../src/index.ts";
import { describeOnMoto, type TestMotoServer } from "../services/moto-server.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { type AwsSite, openAwsSite } from "./aws-site.ts";
import { glueTable, keepViews, partitionFolders, putView, spellColumns } from "./glue-state.ts";
import { createOriginalTable } from "./original-tables.ts";
import { mysqlDatasource } from "./site.ts";

type TableSettings = Awaited<ReturnType<typeof readSettings>>["datasources"][number]["tables"][number];

const lms = "lms.example.com";

/** What the original's documentation has typed on the first day. */
const firstDay = [
  "test-connections",
  "create-datalake-tables --all",
  "create-table-views --all",
  "extract-and-load --all --force",
];

describeOnS3("an installation of the original", (s3) => {
  describeOnMoto("in Athena", (moto) => {
    describeOnServers(
      "of Open edX",
      (server) => {
        test("goes on with its settings file, its bucket and its tables", async () => {
          await using school = await server.database();
          await fillMysql(school.sourceOptions, { scale: 0.02, seed: 5 });
          await using lake = await openAwsSite({ s3, moto }, { datasources: [] });
          await lake.site.writeSettings(await tutorSettings(lake, school));
          const tables = (await readSettings(lake.site.settingsFile)).datasources.flatMap(
            (datasource) => datasource.tables,
          );
          const courses = (
            await school.query(
              "select distinct cast(course_id as binary) as id from courseware_studentmodule",
            )
          ).map(({ id }) => String(id));
          for (const table of tables) await createAsOriginal(moto, lake, table, ["Org/Gone/2014"]);
          keepViews(moto, lake);

          for (const command of firstDay) {
            const { exitCode, stdout, stderr } = await lake.run(...command.split(" "));
            expect([command, exitCode, exitCode === 0 ? "" : stderr]).toEqual([command, 0, ""]);
            if (command.startsWith("create-")) {
              // Nothing is loaded, and readers go on with what the original has left.
              expect(changesOf(lake)).toEqual([]);
              expect(stdout).toContain(`\n${tables.length} unchanged\n`);
            }
          }

          const keys = await lake.keys();
          for (const { name, fields = [], partitionFields } of tables) {
            const raw = await glueTable(moto, lake.database, `openedx_raw_${name}`);
            const folder = `s3://${lake.bucket.name}/openedx/${name}/`;
            expect(raw.StorageDescriptor?.Location).toBe(folder);
            expect(spellColumns(raw.StorageDescriptor?.Columns)).toEqual(
              fields.filter((field) => !partitionFields.includes(field.name)).map((f) => `${f.name} string`),
            );
            expect(raw.Parameters?.["transient_lastDdlTime"]).toBe("1700000000");
            const folders = await partitionFolders(moto, lake.database, `openedx_raw_${name}`);
            if (name === "courseware_studentmodule") {
              expect(Object.keys(folders).sort()).toEqual(courses.map((course) => `${lms}/${course}`).sort());
            } else expect(folders).toEqual({ [lms]: `${folder}lms=${lms}/` });
            for (const location of Object.values(folders)) {
              expect(keys).toContain(`${location.replace(`s3://${lake.bucket.name}/`, "")}${name}.csv`);
            }
            const view = await glueTable(moto, lake.database, `openedx_table_${name}`);
            expect(view.StorageDescriptor?.Columns?.map(({ Name }) => Name)).toEqual([
              ...fields.map((field) => field.name),
              "lms",
            ]);
          }
          expect(keys).toHaveLength(tables.length - 1 + courses.length);
          expectTrino(lake);

          lake.front.takeCounts();
          const hourly = await lake.run("extract-and-load", "--all");
          expect(hourly.exitCode).toBe(0);
          expect(lake.front.takeCounts()).toEqual({});

          const asked = lake.front.calls.length;
          for (const command of firstDay.slice(0, 3)) {
            const { exitCode, stdout } = await lake.run(...command.split(" "));
            expect([command, exitCode, stdout.match(/created/)]).toEqual([command, 0, null]);
          }
          expect(changesOf(lake, asked)).toEqual([]);
        }, 180_000);

        test("keeps the names that it has given to tables and views, and gets its new partitions", async () => {
          await using shop = await server.database();
          await shop.query(`
            create table orders (id int primary key, place varchar(20), total decimal(8,2));
            insert into orders values (1, 'Rosario', 12.50), (2, 'São Paulo', 0.99)`);
          const named = {
            name: "orders",
            datalake_table_name: "all_orders",
            datalake_table_view: "typed_orders",
            partitions: { partition_fields: ["place"] },
            fields: [
              { name: "id", type: "int" },
              { name: "place", type: "varchar" },
              { name: "total", type: "decimal" },
            ],
          };
          await using lake = await openAwsSite(
            { s3, moto },
            { datalake: { base_prefix: "" }, datasources: [mysqlDatasource(shop, [named])] },
          );
          keepViews(moto, lake);
          // The original says None for a base prefix that is not set, and puts the files elsewhere.
          const columns = ["id", "total"];
          const partitionKeys = ["lms", "place"];
          const partitions = [[lms, "Rosario"]];
          const folder = "None/orders/";
          const original = { name: "all_orders", folder, columns, partitionKeys, partitions };
          await createOriginalTable(moto, lake, original);

          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);

          const root = `s3://${lake.bucket.name}/orders/`;
          const raw = await glueTable(moto, lake.database, "all_orders");
          expect(raw.StorageDescriptor?.Location).toBe(root);
          expect(await partitionFolders(moto, lake.database, "all_orders")).toEqual({
            [`${lms}/Rosario`]: `${root}lms=${lms}/place=Rosario/`,
            [`${lms}/São Paulo`]: `${root}lms=${lms}/place=S%C3%A3o%20Paulo/`,
          });
          expect(await lake.keys()).toEqual([
            `orders/lms=${lms}/place=Rosario/orders.csv`,
            `orders/lms=${lms}/place=S%C3%A3o%20Paulo/orders.csv`,
          ]);
          const { TableList = [] } = await moto.glue.getTables({ DatabaseName: lake.database });
          expect(TableList.map(({ Name }) => Name).sort()).toEqual(["all_orders", "typed_orders"]);
        });
      },
      ["mariadb"],
    );
  });
});

/** The file that Tutor writes, with a server's address, a bucket and a database of this test. */
async function tutorSettings(lake: AwsSite, { name, sourceOptions }: TestDatabase): Promise<string> {
  const file = new URL("../settings/seed/panorama_openedx_settings_tutor.yaml", import.meta.url);
  const { host, port, user, password } = sourceOptions;
  const values: Readonly<Record<string, unknown>> = {
    panorama_raw_data_bucket: lake.bucket.name,
    aws_access_key: lake.datalake["aws_access_key"],
    aws_secret_access_key: lake.datalake["aws_secret_access_key"],
    datalake_database: lake.database,
    datalake_workgroup: lake.database,
    mysql_username: `${user}\n  mysql_port: ${port}`,
    mysql_password: password,
    mysql_host: host,
    mysql_database: name,
  };
  const text = (await readFile(file, "utf8"))
    // Course structures cannot be loaded yet.
    .replace(/- type: openedx_course_structures\n(?:(?!- ).*\n)*/, "")
    .replace("  type: aws\n", `  type: aws\n  endpoint_url: ${String(lake.datalake["endpoint_url"])}\n`);
  return Object.entries(values).reduce(
    (filled, [key, value]) => filled.replace(new RegExp(`${key}:.*`, "g"), `${key}: ${String(value)}`),
    text,
  );
}

/** Table, partitions and view as years of the original leave them. */
async function createAsOriginal(
  moto: TestMotoServer,
  lake: AwsSite,
  { name, fields = [], partitionFields, rawName, viewName }: TableSettings,
  values: readonly string[],
): Promise<void> {
  const names = fields.map((field) => field.name);
  await createOriginalTable(moto, lake, {
    name: rawName,
    folder: `openedx/${name}/`,
    columns: names.filter((field) => !partitionFields.includes(field)),
    partitionKeys: ["lms", ...partitionFields],
    partitions: partitionFields.length === 0 ? [[lms]] : values.map((value) => [lms, value]),
  });
  await putView(moto, lake.database, viewName, [...names, "lms"]);
}

/** Calls that change what Glue or Athena have; asking a query of nothing is none. */
function changesOf({ front }: AwsSite, from = 0): readonly string[] {
  return front.calls
    .slice(from)
    .filter(({ operation, input }) =>
      operation === "StartQueryExecution"
        ? input["QueryString"] !== "SELECT 1"
        : /^(Create|Update|Delete|Batch)/.test(operation),
    )
    .map(({ operation, input }) => `${operation} ${String(input["QueryString"] ?? input["TableName"])}`);
}

function expectTrino({ front }: AwsSite): void {
  const grammar = new TrinoSQL();
  const statements = front.calls.flatMap(({ operation, input }) =>
    operation === "StartQueryExecution" ? [String(input["QueryString"])] : [],
  );
  expect(statements.length).toBeGreaterThan(1);
  for (const sql of statements) expect([sql, grammar.validate(`${sql};`)]).toEqual([sql, []]);
}
