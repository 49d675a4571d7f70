import { expect, test } from "vitest";
import { planViews } from "../../src/views/plan-views.ts";
import type { ViewFile } from "../../src/views/view-file.ts";
import { columnsOf, lakeTable } from "../catalogs/small-lake.ts";

const orders = lakeTable("orders", {
  rawName: "shop_raw_orders",
  viewName: "shop_table_orders",
  columns: columnsOf({ id: "int32", Total: "decimal", "odd name": "text" }),
});

function file(name: string, text: string, viewName: string = name): ViewFile {
  return { name, viewName, text };
}

/** The SQL by view, and what is told. */
function plan(
  files: readonly ViewFile[],
  tables = [orders],
): { sql: Record<string, string>; told: string[] } {
  const { views, warnings } = planViews(files, tables);
  return {
    sql: Object.fromEntries(views.map(({ name, sql }) => [name, sql])),
    told: warnings.map(({ table, message }) => `${table}: ${message}`),
  };
}

test("a placeholder stands for the typed view, whatever the settings call it", () => {
  const { views } = planViews([file("totals", "SELECT count(*) AS n FROM {{orders}};\n")], [orders]);

  expect(views).toEqual([
    { name: "totals", sql: 'SELECT count(*) AS n FROM "shop_table_orders"', reads: ["shop_table_orders"] },
  ]);
});

test("with columns it stands for these, cast to their types, in the spelling of the lake", () => {
  const text = "SELECT * FROM {{orders: id bigint, total decimal(12, 2), note varchar?}} AS o";

  expect(plan([file("v", text)])).toEqual({
    sql: {
      v:
        'SELECT * FROM (SELECT TRY_CAST("id" AS bigint) AS "id", TRY_CAST("Total" AS decimal(12, 2)) AS "total", ' +
        'CAST(NULL AS varchar) AS "note" FROM "shop_table_orders") AS o',
    },
    told: [],
  });
});

test("the column lms is there in every lake, and tells installations apart", () => {
  const lmsOf = (basePartitions: readonly string[]): string | undefined =>
    plan([file("v", "SELECT lms FROM {{orders: lms varchar}}")], [{ ...orders, basePartitions }]).sql["v"];

  expect(lmsOf(["lms"])).toContain('(SELECT TRY_CAST("lms" AS varchar) AS "lms" FROM');
  expect(lmsOf([])).toContain(`(SELECT CAST('' AS varchar) AS "lms" FROM`);
  expect(lmsOf(["region", "site"])).toContain(
    `(SELECT coalesce("region", '') || '/' || coalesce("site", '') AS "lms" FROM`,
  );
});

test("a table that may be missing is read as if it had no rows", () => {
  expect(plan([file("v", "SELECT a FROM {{gone?: a bigint, b varchar}} AS g")]).sql["v"]).toBe(
    'SELECT a FROM (SELECT CAST(NULL AS bigint) AS "a", CAST(NULL AS varchar) AS "b" WHERE false) AS g',
  );
});

test("views are ordered by what they read, and may be called as their files or otherwise", () => {
  const { views } = planViews(
    [
      file("c", "SELECT * FROM {{b}} JOIN {{a}} ON true"),
      file("b", "SELECT * FROM {{a}}", "shop_view_b"),
      file("a", "SELECT * FROM {{orders}}"),
    ],
    [orders],
  );

  expect(views.map(({ name, reads }) => [name, reads])).toEqual([
    ["a", ["shop_table_orders"]],
    ["shop_view_b", ["a"]],
    ["c", ["shop_view_b", "a"]],
  ]);
});

test("a view without its tables or columns is left out with those that read it, and the others are not", () => {
  const files = [
    file("reader", "SELECT * FROM {{ lost }}"),
    file("lost", "SELECT * FROM {{invoices}}"),
    file("thin", "SELECT * FROM {{orders: id, weight}}"),
    file("untyped", "SELECT * FROM {{payments}}"),
    file("fine", "SELECT * FROM {{lost?: id bigint}}"),
  ];

  const { sql, told } = plan(files, [orders, lakeTable("payments", { viewName: undefined })]);

  expect(Object.keys(sql)).toEqual(["fine"]);
  expect(told).toEqual([
    "lost: not created: the lake has no table invoices",
    "reader: not created: it reads lost, which is missing: the lake has no table invoices",
    "thin: not created: orders has no column weight",
    "untyped: not created: the view of payments is not defined; create-table-views does that",
  ]);
});

test("views that read each other are told, and keep no other from being made", () => {
  const { sql, told } = plan([
    file("a", "SELECT * FROM {{b}}"),
    file("b", "SELECT * FROM {{c}}"),
    file("c", "SELECT * FROM {{a}}"),
    file("itself", "SELECT * FROM {{itself}}"),
    file("reader", "SELECT * FROM {{c}}"),
    file("fine", "SELECT 1 AS one"),
  ]);

  expect(sql).toEqual({ fine: "SELECT 1 AS one" });
  expect(told).toEqual([
    "a: not created: views read each other: a reads b reads c reads a",
    "b: not created: views read each other: a reads b reads c reads a",
    "c: not created: views read each other: a reads b reads c reads a",
    "itself: not created: views read each other: itself reads itself",
    expect.stringContaining("reader: not created: it reads c, which is missing: views read each other"),
  ]);
});

test("a name is a table's before it is a file's, so a view may be called as what it reads", () => {
  expect(plan([file("orders", "SELECT * FROM {{orders}}")]).sql).toEqual({
    orders: 'SELECT * FROM "shop_table_orders"',
  });
});

test("two views of one name, or a view called as a table, are told", () => {
  const files = [
    file("a", "SELECT 1 AS one", "same"),
    file("b", "SELECT 2 AS two", "SAME"),
    file("c", "SELECT 3 AS three", "shop_raw_ORDERS"),
  ];

  expect(plan(files)).toEqual({
    sql: { same: "SELECT 1 AS one" },
    told: [
      "SAME: not created: there is another table or view of this name",
      "shop_raw_ORDERS: not created: there is another table or view of this name",
    ],
  });
});

test("comments and texts are no references, and comments do not get into the view", () => {
  const text =
    "-- {{gone}}\nSELECT '{{gone}}' AS t /* {{gone}}; */, \"{{gone}}\"\n\n-- more\nFROM {{orders}} -- end;";

  expect(plan([file("v", text)])).toEqual({
    sql: { v: `SELECT '{{gone}}' AS t  , "{{gone}}"\nFROM "shop_table_orders"` },
    told: [],
  });
});

test.each([
  ["", "the file is empty"],
  [" -- only a comment\n;", "the file is empty"],
  ["SELECT 1; SELECT 2", "the file holds more than one statement"],
  ["CREATE VIEW a AS SELECT 1", "the file does not begin with SELECT or WITH"],
  ["SELECT * FROM {{}}", "{{}} names no table"],
  [
    "SELECT * FROM {{a: b c d!}}",
    '{{a: b c d!}}: "b c d!" is not a column; write name, name type or name type?',
  ],
  ["SELECT * FROM {{a: b?}}", "{{a: b?}}: b may be missing, and needs a type"],
  ["SELECT * FROM {{a?: b}}", "{{a?: b}}: b may be missing, and needs a type"],
  ["SELECT * FROM {{a?}}", "{{a?}} may be missing, and needs its columns with their types"],
])("a file that holds %j is told", (text, problem) => {
  expect(plan([file("v", text)])).toEqual({ sql: {}, told: [`v: not created: ${problem}`] });
});

test("people's ids are numbers, or texts in all views of a lake that has hashes of some", () => {
  const files = [
    file("a", "SELECT id FROM {{orders: id id}}"),
    file("b", "SELECT who FROM {{bills?: who id}}"),
  ];
  const bills = lakeTable("bills", { columns: columnsOf({ who: "text" }) });

  expect(plan(files).sql).toEqual({
    a: 'SELECT id FROM (SELECT TRY_CAST("id" AS bigint) AS "id" FROM "shop_table_orders")',
    b: 'SELECT who FROM (SELECT CAST(NULL AS bigint) AS "who" WHERE false)',
  });
  expect(plan(files, [orders, bills]).sql).toEqual({
    a: 'SELECT id FROM (SELECT TRY_CAST("id" AS varchar) AS "id" FROM "shop_table_orders")',
    b: 'SELECT who FROM (SELECT TRY_CAST("who" AS varchar) AS "who" FROM "bills")',
  });
});
