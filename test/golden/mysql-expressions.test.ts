import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { loadedLake } from "./load-database.ts";

/** Expressions over `t` and their value; the servers type some of them differently. */
const expressions: Readonly<Record<string, string>> = {
  "1": "1",
  "-d": "-1.50",
  "d + i": "4.50",
  "d * e": "-3.375000",
  "d / e": "-0.666667",
  "d div 1": "1",
  "if(i, d, e)": "1.5000",
  "if(i, i, e)": "3.0000",
  "case when i then -0.05 else e end": "-0.0500",
  "coalesce(d, 0)": "1.50",
  "ifnull(null, 1.5)": "1.5",
  "round(d, 1)": "1.5",
  "truncate(e, 1)": "-2.2",
  "ceiling(e)": "-2",
  "greatest(d, e)": "1.5000",
  "z + 1": "8.500",
  "b + 1": "18446744073709551615",
  "i | 4": "7",
  "i = 3": "1",
  "round(f)": "6.0",
  "cast(f as float)": "5.5",
  "year('2024-01-02')": "2024",
  "date '2024-01-02'": "2024-01-02",
  "timestamp '2024-01-02 03:04:05'": "2024-01-02 03:04:05",
  "maketime(3, 4, 5)": "03:04:05.000000",
  "concat(i, '')": "3",
  "x'0161'": "\\x0161",
  "json_array(i)": "[3]",
  null: "",
};

const aggregates: Readonly<Record<string, string>> = {
  "count(*)": "1",
  "sum(d)": "1.50",
  "avg(d)": "1.500000",
  "max(z)": "7.500",
  "sum(i)": "3",
  "sum(b)": "18446744073709551614",
  "bit_or(i)": "3",
  "group_concat(i)": "3",
};

describeOnServers("the columns of views are loaded as the server computes them", (server) => {
  test.each([
    ["expressions", expressions],
    ["aggregates", aggregates],
  ])("%s", async (_name, all) => {
    await using db = await server.database();
    const columns = Object.keys(all).map((expression, i) => `${expression} as c${i}`);
    await db.query(`
      create table t (d decimal(9,2), e decimal(18,4), i int, b bigint unsigned, f double, z decimal(9,3) zerofill);
      insert into t values (1.5, -2.25, 3, 18446744073709551614, 5.5, 7.5);
      create view v as select ${columns.join(", ")} from t`);

    await using lake = await loadedLake(db, { tables: [{ name: "v" }] });

    const { rows } = await lake.ask("select * from table_v");
    const found = Object.keys(all).map((expression, i) => [expression, rows[0]?.[i] ?? ""]);
    expect(Object.fromEntries(found)).toEqual(all);
  });
});
