import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { TrinoSQL } from "dt-sql-parser";
import { expect, test } from "vitest";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { type AwsSite, openAwsSite } from "./aws-site.ts";
import { glueTable, spellColumns } from "./glue-state.ts";
import { mysqlDatasource } from "./site.ts";

/** A type, a value as SQL, what the view over CSV says of it, and the type of the Parquet file as Glue spells it. */
const columns: Readonly<Record<string, readonly [type: string, value: string, shown: string, hive: string]>> =
  {
    t: ["tinyint", "-128", "-128", "int"],
    s: ["smallint unsigned", "65535", "65535", "int"],
    m: ["mediumint", "8388607", "8388607", "int"],
    i: ["int unsigned", "4294967295", "4294967295", "bigint"],
    big: ["bigint", "-9223372036854775808", "-9223372036854775808", "bigint"],
    huge: ["bigint unsigned", "18446744073709551615", "18446744073709551615", "decimal(20,0)"],
    price: ["decimal(10,2)", "12345678.91", "12345678.91", "decimal(10,2)"],
    exact: [
      "decimal(30,10)",
      "12345678901234567890.0123456789",
      "12345678901234567890.0123456789",
      "decimal(30,10)",
    ],
    f: ["float", "0.5", "0.5", "float"],
    d: ["double", "1e300", "1e+300", "double"],
    bits: ["bit(10)", "b'1000000001'", "513", "bigint"],
    flag: ["bit(1)", "b'1'", "1", "bigint"],
    born: ["date", "'1999-12-31'", "1999-12-31 00:00:00", "date"],
    at: ["datetime(6)", "'2024-12-31 23:59:59.999999'", "2024-12-31 23:59:59.999", "timestamp"],
    changed: ["timestamp(3)", "'2024-01-02 03:04:05.678'", "2024-01-02 03:04:05.678", "timestamp"],
    lasts: ["time", "'-838:59:59'", "-838:59:59.000000", "string"],
    year: ["year", "2024", "2024", "int"],
    code: ["char(3)", "'a b'", "a b", "string"],
    surname: ["varchar(20)", "'O''Neil'", "O'Neil", "string"],
    words: ["longtext", "'C:\\\\dir, \"q\"'", 'C:\\dir, "q"', "string"],
    kind: ["enum('x','y')", "'y'", "y", "string"],
    flags: ["set('p','q')", "'p,q'", "p,q", "string"],
    doc: ["json", `'{"a": "b"}'`, '{"a": "b"}', "string"],
    raw: ["binary(2)", "x'00ff'", "00ff", "binary"],
    some: ["varbinary(9)", "x'0a'", "0a", "binary"],
    bytes: ["longblob", "x'0102'", "0102", "binary"],
    place: [
      "point",
      "ST_GeomFromText('POINT(2 3)')",
      "00000000010100000000000000000000400000000000000840",
      "binary",
    ],
    end: ["int", "1", "1", "int"],
  };

const base = "lms.example.com";
const key = `openedx/things/lms=${base}/things.csv`;

describeOnS3("the typed view on AWS", (s3) => {
  describeOnMoto("in Athena", (moto) => {
    describeOnServers(
      "of a table with every type",
      (server) => {
        test("has each value over CSV, and the types of the files over Parquet", async () => {
          await using shop = await server.database();
          const names = Object.keys(columns);
          await shop.query(`
          create table things (${names.map((name) => `\`${name}\` ${columns[name]?.[0]} null`).join(", ")}, id int primary key);
          set time_zone = '+00:00';
          insert into things values (${names.map((name) => columns[name]?.[1]).join(", ")}, 1);
          insert into things (id) values (2)`);
          const datasources = [mysqlDatasource(shop, ["things"])];
          await using lake = await openAwsSite({ s3, moto }, { datasources });
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          const overCsv = viewOf(lake);

          const [shown, missing] = await askView(lake, overCsv, names);

          expect(Object.fromEntries(names.map((name, i) => [name, shown?.[i]]))).toEqual(
            Object.fromEntries(names.map((name) => [name, columns[name]?.[2]])),
          );
          expect(missing).toEqual(names.map(() => null));

          await lake.site.writeSettings({ datalake: { ...lake.datalake, format: "parquet" }, datasources });
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);

          const table = await glueTable(moto, lake.database, "openedx_raw_things");
          expect(spellColumns(table.StorageDescriptor?.Columns)).toEqual([
            ...names.map((name) => `${name} ${columns[name]?.[3]}`),
            "id int",
          ]);
          expect(viewOf(lake).split("\n")).toEqual([
            `CREATE OR REPLACE VIEW "${lake.database}"."openedx_table_things" AS`,
            "SELECT",
            ...[...names, "id"].map((name) => `  "${name}" AS "${name}",`),
            '  "lms"',
            `FROM "${lake.database}"."openedx_raw_things"`,
          ]);
          const grammar = new TrinoSQL();
          for (const sql of [overCsv, viewOf(lake)]) expect(grammar.validate(`${sql};`)).toEqual([]);
        });
      },
      ["mysql"],
    );
  });
});

/** The last statement that made it. */
function viewOf({ front }: AwsSite): string {
  const statements = front.calls.flatMap(({ operation, input }) =>
    operation === "StartQueryExecution" ? [String(input["QueryString"])] : [],
  );
  return statements.findLast((sql) => sql.startsWith("CREATE OR REPLACE VIEW")) ?? "";
}

/** The rows of the view over the CSV file of the bucket, which DuckDB reads in the place of Athena. */
async function askView(
  lake: AwsSite,
  view: string,
  names: readonly string[],
): Promise<readonly (readonly unknown[])[]> {
  const file = join(lake.site.folder, "things.csv");
  await writeFile(file, await lake.read(key));
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const dialect = `header = true, all_varchar = true, quote = '"', escape = '\\', nullstr = ''`;
    await connection.run(`create schema ${lake.database}`);
    await connection.run(
      `create view ${lake.database}.openedx_raw_things as
       select *, '${base}' as lms from read_csv('${file}', ${dialect})`,
    );
    await connection.run(view);
    const shown = names.map((name) => `"${name}"::varchar`).join(", ");
    const result = await connection.runAndReadAll(
      `select ${shown} from ${lake.database}.openedx_table_things order by id`,
    );
    return result.getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
