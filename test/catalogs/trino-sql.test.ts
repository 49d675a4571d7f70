import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { translateTrino } from "../../src/catalogs/duckdb/trino-sql.ts";

let instance: DuckDBInstance;

beforeAll(async () => {
  instance = await DuckDBInstance.create(":memory:", { threads: "1" });
});

afterAll(() => instance.closeSync());

/** What DuckDB makes of Trino's SQL, as text. */
async function answer(sql: string): Promise<unknown> {
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(translateTrino(`SELECT CAST((${sql}) AS varchar)`));
    return result.getRows()[0]?.[0];
  } finally {
    connection.closeSync();
  }
}

// The answers are those of Trino's documentation: https://trino.io/docs/current/functions.html
describe("DuckDB answers Trino's SQL as Trino does:", () => {
  test.each<[sql: string, answer: string | null]>([
    ["date_diff('day', TIMESTAMP '2024-01-01 10:00:00', TIMESTAMP '2024-01-02 09:00:00')", "0"],
    [`"date_diff"('Day', TIMESTAMP '2024-01-01 10:00:00', TIMESTAMP '2024-01-03 10:00:00')`, "2"],
    ["DATE_DIFF('hour', TIMESTAMP '2024-01-02 10:30:00', TIMESTAMP '2024-01-02 09:00:00')", "-1"],
    ["date_add('day', 3 - 1, TIMESTAMP '2024-02-28 10:00:00')", "2024-03-01 10:00:00"],
    [
      "date_format(TIMESTAMP '2024-03-05 07:08:09.123', '%Y-%m-%d %H:%i:%s.%f')",
      "2024-03-05 07:08:09.123000",
    ],
    ["date_parse('05/03/2024 07:08', '%d/%m/%Y %H:%i')", "2024-03-05 07:08:00"],
    ["try(date_parse('never', '%d/%m/%Y'))", null],
    ["day_of_week(DATE '2024-03-03')", "7"],
    ["(SELECT max_by(v, k) FROM (VALUES ('a', 1), (NULL, 2)) AS t (v, k))", null],
    ["(SELECT min_by(v, k) FROM (VALUES (NULL, 1), ('b', 2)) AS t (v, k))", null],
    ["(SELECT count_if(v > 1) FROM (VALUES (1), (2), (NULL), (3)) AS t (v))", "2"],
    ["(SELECT count_if(v > 1) FROM (VALUES (1)) AS t (v))", "0"],
    [
      "(SELECT array_join(array_agg(v ORDER BY k), ',', '') FROM (VALUES (7, 2), (NULL, 1)) AS t (v, k))",
      ",7",
    ],
    ["array_join(ARRAY['a', NULL, 'b'], '-')", "a-b"],
    ["if(1 > 2, 'yes')", null],
    ["IF(2 > 1, 'yes')", "yes"],
    ["if(1 > 2, 'yes', 'no')", "no"],
    ["greatest(1, NULL, 3)", null],
    ["least(2, 1)", "1"],
    ["concat('a', NULL)", null],
    ["concat('a', 'b', 'c')", "abc"],
    ["cardinality(ARRAY[1, 2, 3])", "3"],
    ["contains(ARRAY['a', 'b'], 'b')", "true"],
    ["element_at(ARRAY['a', 'b'], 2)", "b"],
    ["element_at(ARRAY['a', 'b'], 3)", null],
    ["length(trim(' x ' || chr(10)))", "1"],
    ["length(rtrim(' x' || chr(9)))", "2"],
    ["trim(BOTH '_' FROM '_x_')", "x"],
    ["split_part('a:b:', ':', 3)", ""],
    ["split_part('a:b', ':', 3)", null],
    ["cardinality(split('a,b,c', ','))", "3"],
    ["regexp_like('course-v1:X', '^course')", "true"],
    ["regexp_replace('1a2b', '[0-9]')", "ab"],
    ["regexp_replace('a-b c-d', '([a-z])-([a-z])', '$2-$1')", "b-a d-c"],
    ["regexp_extract('ccx@17', '@([0-9]+)', 1)", "17"],
    ["regexp_extract('none', '@([0-9]+)', 1)", null],
    [`json_extract_scalar('{"a": {"b": 3}}', '$.a.b')`, "3"],
    [`json_extract_scalar('{"a": "x\\"y"}', '$.a')`, 'x"y'],
    ["json_extract_scalar('{broken', '$.a')", null],
    ["(SELECT sum(x) FROM UNNEST(sequence(1, 3)) AS t (x))", "6"],
    ["(SELECT count(*) FILTER (WHERE x > 1) FROM (VALUES (1), (2), (3)) AS t (x))", "2"],
    ["TRY_CAST('x' AS bigint)", null],
    [
      "date_diff('second', CAST(now() AT TIME ZONE 'UTC' AS timestamp), CAST(now() AT TIME ZONE 'UTC' AS timestamp))",
      "0",
    ],
  ])("%s", async (sql, expected) => {
    expect(await answer(sql)).toBe(expected);
  });
});

describe("The translation leaves alone", () => {
  test.each([
    `SELECT 'date_diff(''day'', a, b)', "concat" FROM "if" -- max_by(a, b)`,
    "SELECT trim(BOTH FROM x), count(*), coalesce(a, (b)), t.concat FROM t WHERE x IN (1, 2) /* if(a, b) */",
    "SELECT my.concat(a, b)",
    "SELECT date_diff(a",
    "SELECT 'not closed",
  ])("%s", (sql) => {
    expect(translateTrino(sql)).toBe(sql);
  });
});

test("calls within calls are translated from the inside out", () => {
  expect(translateTrino("SELECT concat(trim(a), if(b, max_by(c, d)))")).toBe(
    "SELECT (trim(a, chr(32) || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)) || " +
      "CASE WHEN b THEN arg_max_null(c, d) END)",
  );
});
