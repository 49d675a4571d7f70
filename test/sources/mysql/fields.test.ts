import { expect, test } from "vitest";
import type { RunEvent } from "../../../src/index.ts";
import { databaseLake, loadedLake } from "../../golden/load-database.ts";
import { describeOnServers } from "../../services/mysql-server.ts";

function warningsOf(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.kind === "warning" ? [event.message] : []));
}

describeOnServers("the fields of a table", (server) => {
  test.each(["parquet", "csv"] as const)(
    "constants of every type stand in every row, in %s",
    async (format) => {
      await using db = await server.database();
      await db.query("create table t (id int primary key, gone int); insert into t values (1, 5), (2, 6)");
      const constants = [
        ["tinyint", 0, "INTEGER", "0"],
        ["INT", -7, "INTEGER", "-7"],
        ["bool", true, "INTEGER", "1"],
        ["int unsigned", 4294967295, "BIGINT", "4294967295"],
        ["bigint", "-9223372036854775808", "BIGINT", "-9223372036854775808"],
        ["bigint unsigned", "18446744073709551615", "DECIMAL(20,0)", "18446744073709551615"],
        ["decimal(9,2)", "-0.05", "DECIMAL(9,2)", "-0.05"],
        ["decimal(38,10)", 1.5, "DECIMAL(38,10)", "1.5000000000"],
        ["float", 0.1, "FLOAT", "0.1"],
        ["double", 1e22, "DOUBLE", "1e+22"],
        ["year", 2024, "INTEGER", "2024"],
        ["date", "2024-02-29", "DATE", "2024-02-29"],
        ["datetime", "2024-02-29 01:02:03.5", "TIMESTAMP", "2024-02-29 01:02:03.5"],
        ["time", "01:02:03", "VARCHAR", "01:02:03"],
        ["varchar", "", "VARCHAR", ""],
        ["varchar(20)", 'é, "q" \\ \'', "VARCHAR", 'é, "q" \\ \''],
        ["text", 0, "VARCHAR", "0"],
        ["json", "{}", "VARCHAR", "{}"],
        ["blob", "", "BLOB", "\\x"],
        ["blob", "é", "BLOB", "\\xc3a9"],
        ["int", null, "INTEGER", null],
        ["decimal(9,2)", null, "DECIMAL(9,2)", null],
        ["datetime", null, "TIMESTAMP", null],
        ["varchar", null, "VARCHAR", null],
        ["blob", null, "BLOB", null],
      ] as const;

      await using lake = await loadedLake(db, {
        tables: [
          {
            name: "t",
            fields: [
              ...constants.map(([type, value], i) => ({ name: `c${i}`, type, value })),
              { name: "gone", type: "varchar", value: "overruled" },
              { name: "id", type: "int" },
            ],
          },
        ],
        format,
      });

      const { types, rows } = await lake.ask("select * from table_t order by id");
      const values = [...constants.map((each) => each[3]), "overruled"];
      expect(types).toEqual([...constants.map((each) => each[2]), "VARCHAR", "INTEGER"]);
      expect(rows).toEqual([
        [...values, "1"],
        [...values, "2"],
      ]);
      expect(warningsOf(lake.events)).toEqual([]);
    },
  );

  test("a listed column that the table lacks is NULL, with a warning", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key, kept varchar(9)); insert into t values (1, 'a')");

    await using lake = await loadedLake(db, {
      tables: [
        {
          name: "t",
          fields: [{ name: "dropped", type: "datetime" }, { name: "kept" }, { name: "renamed" }],
        },
      ],
    });

    const { types, rows } = await lake.ask("select * from table_t");
    expect(types).toEqual(["TIMESTAMP", "VARCHAR", "VARCHAR"]);
    expect(rows).toEqual([[null, "a", null]]);
    expect(warningsOf(lake.events)).toEqual([
      "column dropped is not in the table (any more): it is read as NULL",
      "column renamed is not in the table (any more): it is read as NULL",
    ]);
  });

  test("a table with none of the listed columns fails, and the others are loaded", async () => {
    await using db = await server.database();
    await db.query("create table a (id int primary key); create table b (id int primary key)");

    await using lake = await databaseLake(db, {
      tables: [{ name: "a", fields: [{ name: "x" }, { name: "y" }] }, { name: "b" }],
    });
    const outcome = await lake.load();

    expect(outcome).toMatchObject({ loaded: 1, failed: 1 });
    expect(lake.events.find(({ kind }) => kind === "table-failed")).toMatchObject({
      table: "a",
      error: { code: "COLUMN_MISSING", message: "Table a has none of the columns listed" },
    });
  });

  test("columns are found whatever their case, and called as the settings call them", async () => {
    await using db = await server.database();
    await db.query(
      "create table t (Id int primary key, UserName varchar(9)); insert into t values (1, 'ada')",
    );

    await using lake = await loadedLake(db, {
      tables: [{ name: "t", fields: [{ name: "ID" }, { name: "username" }], partitionFields: ["username"] }],
    });

    const { rows } = await lake.ask('select "ID", "username" from table_t');
    const names = await lake.ask("select column_name from (describe table_t)");
    expect(rows).toEqual([["1", "ada"]]);
    expect(names.rows).toEqual([["ID"], ["username"]]);
  });

  test("fields left out are all columns, also generated and invisible ones, asked at each load", async () => {
    await using db = await server.database();
    await db.query(`
      create table t (
        id int primary key,
        doubled int generated always as (id * 2) virtual,
        kept varchar(9) generated always as (concat('n', id)) stored,
        hidden int default 7 invisible,
        last_one int
      );
      insert into t (id, last_one) values (1, 9)`);
    await using lake = await loadedLake(db, { tables: [{ name: "t" }] });
    expect((await lake.ask("select * from table_t")).rows).toEqual([["1", "2", "n1", "7", "9"]]);

    await db.query("alter table t add column added varchar(9) default 'new' after id, drop column last_one");
    await lake.load();

    expect((await lake.ask("select * from table_t")).rows).toEqual([["1", "new", "2", "n1", "7"]]);
  });

  test("a view is read as a table", async () => {
    await using db = await server.database();
    await db.query(`
      create table t (id int primary key, n decimal(9,2));
      insert into t values (1, 1.5), (2, -2.25);
      create view v as select id, n, n * 2 as twice, concat('#', id) as label from t where n < 0`);

    await using lake = await loadedLake(db, { tables: [{ name: "v" }] });

    expect((await lake.ask("select * from table_v")).rows).toEqual([["2", "-2.25", "-4.50", "#2"]]);
    expect(warningsOf(lake.events)).toEqual([]);
  });

  test.each(server.kind === "mariadb" ? ["MyISAM", "Aria", "MEMORY"] : ["MyISAM", "MEMORY"])(
    "a table of engine %s is read, with a warning",
    async (engine) => {
      await using db = await server.database();
      await db.query(`create table t (id int) engine = ${engine}; insert into t values (1)`);

      await using lake = await loadedLake(db, { tables: [{ name: "t" }] });

      expect((await lake.ask("select * from table_t")).rows).toEqual([["1"]]);
      expect(warningsOf(lake.events)).toEqual([
        `engine ${engine} has no snapshots: rows written during the load may be in it or not`,
      ]);
    },
  );

  test("a table of a thousand columns, and one without a row", async () => {
    await using db = await server.database();
    const columns = Array.from({ length: 1_000 }, (_, i) => `c${i} tinyint`);
    await db.query(`
      create table wide (${columns.join(", ")});
      insert into wide (c0, c999) values (1, 2), (3, null);
      create table nothing (id int primary key, t varchar(9))`);

    await using lake = await loadedLake(db, { tables: [{ name: "wide" }, { name: "nothing" }] });

    const wide = await lake.ask("select c0, c500, c999 from table_wide order by c0");
    const empty = await lake.ask("select * from table_nothing");
    expect(wide.rows).toEqual([
      ["1", null, "2"],
      ["3", null, null],
    ]);
    expect(empty).toEqual({ types: ["INTEGER", "VARCHAR"], rows: [] });
  });
});
