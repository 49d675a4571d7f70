import { expect, test } from "vitest";
import { spellChanges } from "../../src/cli/commands/definitions.ts";
import { spellLoaded, spellNext } from "../../src/cli/commands/demo.ts";
import { spellTablesChange } from "../../src/cli/commands/set-tables.ts";
import { spellFieldsChange } from "../../src/cli/commands/set-tables-fields.ts";
import { spellColumns, spellTables } from "../../src/cli/commands/tables.ts";
import type { LakeTableInfo } from "../../src/index.ts";
import { spellBytes, spellCount, spellCounted, spellMillis } from "../../src/reports/spelling.ts";

const users: LakeTableInfo = {
  table: "auth_user",
  source: "lms",
  rawName: "openedx_raw_auth_user",
  viewName: "openedx_table_auth_user",
  format: "parquet",
  rows: 512,
  bytes: 34_100,
  files: 1,
  slices: 1,
  loadedAt: "2026-03-01T10:00:00.123Z",
  columns: [
    { name: "id", type: "int32", partition: false },
    { name: "lms", type: "text", partition: true },
  ],
};
const states: LakeTableInfo = {
  table: "studentmodule",
  source: "lms",
  format: "csv",
  rows: 1_204_000,
  bytes: 512_300_000,
  files: 300,
  slices: 300,
  loadedAt: undefined,
  columns: [],
};

test("definitions are listed with what became of them, then counted", () => {
  expect(
    spellChanges([
      { table: "lms.a", name: "raw_a", change: "created" },
      { table: "lms.b", name: "raw_b", change: "unchanged" },
      { table: "lms.c", name: "raw_c", change: "failed" },
    ]),
  ).toBe("✓ raw_a  created\n✓ raw_b  unchanged\n1 created, 1 unchanged, 1 failed\n");
  expect(spellChanges([])).toBe("Nothing to do\n");
});

test("set-tables says what it added, removed and kept", () => {
  expect(spellTablesChange({ datasource: "lms", added: ["a", "b"], removed: ["c"], kept: ["d"] })).toBe(
    "✓ lms  3 tables: 2 added (a, b), 1 removed (c), 1 kept",
  );
  expect(spellTablesChange({ datasource: "lms", added: [], removed: [], kept: [] })).toBe("✓ lms  0 tables");
});

test("set-tables does not print hundreds of names", () => {
  const added = Array.from({ length: 400 }, (_, index) => `t${index}`);

  expect(spellTablesChange({ datasource: "lms", added, removed: [], kept: [] })).toBe(
    "✓ lms  400 tables: 400 added (t0, t1, t2, t3, t4, t5, t6, t7, …)",
  );
});

test("set-tables-fields says which columns are new and which are gone", () => {
  expect(spellFieldsChange({ datasource: "lms", table: "a", fields: 12, added: ["x"], missing: ["y"] })).toBe(
    "✓ lms.a  12 fields: 1 added (x), 1 gone from the table (y)",
  );
});

test("tables are listed with the names that queries use", () => {
  expect(spellTables({ spellBytes, spellCount }, [users, states])).toEqual([
    "table              view                     format        rows      size  files  slices  loaded (UTC)",
    "lms.auth_user      openedx_table_auth_user  parquet        512   34.1 KB      1       1  2026-03-01 10:00:00",
    "lms.studentmodule                           csv      1,204,000  512.3 MB    300     300",
  ]);
});

test("the columns of one table are listed with their types", () => {
  expect(spellColumns(users)).toEqual([
    "lms.auth_user  openedx_raw_auth_user  openedx_table_auth_user",
    "  id   int32",
    "  lms  text   partition",
  ]);
});

test("the demo's summary fits on a screen and says what to type next", () => {
  const demo = {
    lake: "/elsewhere/my lake",
    catalog: "/elsewhere/my lake/panorama.duckdb",
    settingsPath: "/elsewhere/panorama_settings.yaml",
    tables: [users, states],
    views: ["a", "b", "c", "d"].map((name) => `openedx_view_${name}`),
    question: "How many people are there?",
    sql: "select count(*)\nfrom openedx_table_auth_user\n",
  };

  const loaded = spellLoaded({ spellBytes, spellCounted, spellMillis }, demo, 6200);
  const next = spellNext(demo, "./panorama");

  expect(loaded.split("\n")).toEqual([
    "Loaded    2 tables, 1,204,512 rows, 512.3 MB in 6.2 s",
    "Lake      /elsewhere/my lake",
    "Tables    openedx_table_auth_user",
    "Views     openedx_view_a, openedx_view_b, openedx_view_c, … (4 in all)",
    "Question  How many people are there?",
    "",
    "  select count(*)",
    "  from openedx_table_auth_user",
    "",
    "",
  ]);
  expect(next).toContain(
    "  ./panorama --settings /elsewhere/panorama_settings.yaml query 'select * from openedx_table_auth_user limit 5'\n" +
      "  duckdb '/elsewhere/my lake/panorama.duckdb'\n",
  );
  expect((loaded + next).split("\n").length).toBeLessThan(40);
});
