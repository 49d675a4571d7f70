import { expect, test } from "vitest";
import { loadedLake } from "../../golden/load-database.ts";
import { describeOnServers } from "../../services/mysql-server.ts";

const oddNames = [
  ...[
    "select",
    "order",
    "key",
    "two words",
    "hy-phen",
    "back`tick",
    "``",
    'dou"ble',
    "sin'gle",
    "question?mark",
  ],
  ...[
    "per%cent",
    "semi;colon",
    "com,ma",
    "dollar$",
    "日本 é",
    "#hash",
    "-- dashes",
    "/* comment */",
    "back\\slash",
  ],
] as const;

function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function quotedForDuckdb(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

describeOnServers("names that SQL reserves or quotes", (server) => {
  test("of columns", async () => {
    await using db = await server.database({ name: "odd `name` é" });
    const columns = oddNames.map((name) => `${quoted(name)} int`);
    const values = oddNames.map((_, i) => i);
    await db.query(`create table t (id int primary key, ${columns.join(", ")})`);
    await db.query(`insert into t values (0, ${values.join(", ")})`);

    await using lake = await loadedLake(db, { tables: [{ name: "t" }] });

    const names = oddNames.map(quotedForDuckdb);
    expect((await lake.ask(`select ${names.join(", ")} from table_t`)).rows).toEqual([values.map(String)]);
  });

  test.each(["parquet", "csv"] as const)("of tables, in %s", async (format) => {
    await using db = await server.database({ name: "odd `name` é" });
    for (const [i, name] of oddNames.entries()) {
      await db.query(`create table ${quoted(name)} (${quoted(name)} int primary key)`);
      await db.query(`insert into ${quoted(name)} values (${i})`);
    }

    await using lake = await loadedLake(db, { tables: oddNames.map((name) => ({ name })), format });

    for (const [i, name] of oddNames.entries()) {
      const { rows } = await lake.ask(`select * from ${quotedForDuckdb(`table_${name}`)}`);
      expect(rows, name).toEqual([[String(i)]]);
    }
  });

  test("tables whose names differ in case only are two tables", async ({ skip }) => {
    await using db = await server.database();
    const [mode] = await db.query("select @@lower_case_table_names as mode");
    if (Number(mode?.["mode"]) !== 0) skip("this server folds the names of tables");
    await db.query(`
      create table Orders (id int primary key, upper_case int);
      create table orders (id int primary key, lower_case varchar(9));
      insert into Orders values (1, 2);
      insert into orders values (3, 'four')`);

    await using lake = await loadedLake(db, { tables: [{ name: "orders" }] });

    expect((await lake.ask("select * from table_orders")).rows).toEqual([["3", "four"]]);
  });
});
