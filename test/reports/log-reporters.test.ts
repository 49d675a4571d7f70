import { expect, test } from "vitest";
import { PanoramaError } from "../../src/errors.ts";
import { openJsonReporter } from "../../src/reports/json-reporter.ts";
import { openLinesReporter } from "../../src/reports/lines-reporter.ts";
import type { RunEvent } from "../../src/reports/reporter.ts";
import { heldClock, Written } from "./written-to.ts";

const run: readonly RunEvent[] = [
  { kind: "run-started", run: "r1", tables: 2, lake: "/lake" },
  { kind: "notice", source: "shop", message: "One connection is used" },
  { kind: "table-started", source: "shop", table: "users", estimatedRows: 500 },
  { kind: "warning", source: "shop", table: "users", message: "Column age is gone: NULL" },
  {
    kind: "table-loaded",
    strategy: "full",
    source: "shop",
    table: "users",
    rows: 512,
    bytes: 34_100,
    files: 1,
    slices: 1,
    keptSlices: 0,
    millis: 200,
    alterations: [{ column: "last_login", kind: "invalid-date", count: 3 }],
  },
  { kind: "table-started", source: "shop", table: "orders", estimatedRows: undefined },
  {
    kind: "table-failed",
    source: "shop",
    table: "orders",
    error: new PanoramaError("TABLE_MISSING", "The source has no table orders", { table: "orders" }),
  },
  {
    kind: "run-published",
    run: "r1",
    tables: 1,
    unchanged: 0,
    failed: 1,
    rows: 512,
    bytes: 34_100,
    millis: 2500,
  },
];

test("plain lines tell the run with a time on each line", () => {
  const stream = new Written();
  const reporter = openLinesReporter(stream, heldClock("2026-03-01T10:00:00Z"));

  for (const event of run) reporter.report(event);

  expect(stream.lines).toEqual(
    [
      "Run r1: 2 tables into /lake",
      "shop: One connection is used",
      "shop.users: started, about 500 rows",
      "! shop.users: Column age is gone: NULL",
      "✓ shop.users  512 rows  34.1 KB  1 file  0.2 s",
      "  last_login: 3 zero or impossible dates became NULL",
      "shop.orders: started",
      "✗ shop.orders: The source has no table orders (TABLE_MISSING)",
      "  Correct the name, or remove the table from the settings file.",
      "✗ Published 1 table, 1 failed  512 rows  34.1 KB  2.5 s",
    ].map((line) => `2026-03-01T10:00:00.000Z ${line}`),
  );
});

test("a run whose tables were published in part ends with a cross and their number", () => {
  const stream = new Written();
  const reporter = openLinesReporter(stream, heldClock("2026-03-01T10:00:00Z"));
  const published = {
    kind: "run-published",
    run: "r1",
    tables: 3,
    unchanged: 0,
    rows: 9,
    bytes: 100,
    millis: 100,
  } as const;

  reporter.report({ ...published, failed: 0, incomplete: 2 });
  reporter.report({ ...published, failed: 1, incomplete: 2 });

  expect(stream.lines).toEqual([
    "2026-03-01T10:00:00.000Z ✗ Published 3 tables, 2 incomplete  9 rows  100 B  0.1 s",
    "2026-03-01T10:00:00.000Z ✗ Published 3 tables, 1 failed, 2 incomplete  9 rows  100 B  0.1 s",
  ]);
});

test("plain lines tell a table's progress every 30 seconds", () => {
  const stream = new Written();
  const clock = heldClock("2026-03-01T10:00:00Z");
  const reporter = openLinesReporter(stream, clock);

  reporter.report({ kind: "table-started", source: "shop", table: "users", estimatedRows: undefined });
  for (let second = 1; second <= 65; second += 1) {
    clock.pass(1000);
    reporter.report({ kind: "table-progress", table: "users", rows: second * 1000, bytes: second * 100_000 });
  }

  expect(stream.lines).toEqual([
    "2026-03-01T10:00:00.000Z shop.users: started",
    "2026-03-01T10:00:30.000Z users: 30,000 rows so far, 3.0 MB",
    "2026-03-01T10:01:00.000Z users: 60,000 rows so far, 6.0 MB",
  ]);
});

test("plain lines hold no control characters, whatever a table is called", () => {
  const stream = new Written();
  const reporter = openLinesReporter(stream, heldClock("2026-03-01T10:00:00Z"));

  reporter.report({
    kind: "warning",
    source: "shop",
    table: "a\u001b[31m\u0007",
    message: "first\nsecond\u001b",
  });

  expect(stream.lines).toEqual([
    "2026-03-01T10:00:00.000Z ! shop.a\u{FFFD}[31m\u{FFFD}: first",
    "2026-03-01T10:00:00.000Z   second\u{FFFD}",
  ]);
});

test("the JSON log is one event a line, with its time and an error's code, message and remedy", () => {
  const stream = new Written();
  const reporter = openJsonReporter(stream, heldClock("2026-03-01T10:00:00Z"));

  for (const event of run) reporter.report(event);

  const lines = stream.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map((line) => line["kind"])).toEqual(run.map((event) => event.kind));
  expect(lines[2]).toEqual({
    time: "2026-03-01T10:00:00.000Z",
    kind: "table-started",
    source: "shop",
    table: "users",
    estimatedRows: 500,
  });
  expect(lines[6]).toEqual({
    time: "2026-03-01T10:00:00.000Z",
    kind: "table-failed",
    source: "shop",
    table: "orders",
    error: {
      code: "TABLE_MISSING",
      message: "The source has no table orders",
      remedy: "Correct the name, or remove the table from the settings file.",
    },
  });
});

test("a source that fails as a whole is told once, with the tables that were not loaded", () => {
  const stream = new Written();
  const reporter = openLinesReporter(stream, heldClock("2026-03-01T10:00:00Z"));

  reporter.report({
    kind: "source-failed",
    source: "shop",
    tables: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
    error: new PanoramaError("SOURCE_DENIED", "Access denied", { source: "shop" }),
  });

  expect(stream.lines).toEqual(
    [
      "✗ shop: Access denied (SOURCE_DENIED)",
      "  Check user name, password and the account's rights; it needs SELECT on the tables.",
      "  Not loaded: a, b, c, d, e, f, g, h and 2 more",
    ].map((line) => `2026-03-01T10:00:00.000Z ${line}`),
  );
});

test("changed columns are told a line each, but for those that the failure lists", () => {
  const stream = new Written();
  const reporter = openLinesReporter(stream, heldClock("2026-03-01T10:00:00Z"));
  const about = { kind: "schema-changed", source: "shop", table: "users" } as const;
  const age = { column: "age", change: "retyped", from: "int32", to: "text" } as const;

  reporter.report({ ...about, handling: "followed", changes: [age, { column: "born", change: "gone" }] });
  reporter.report({
    ...about,
    handling: "ignored",
    changes: [{ column: "bio", change: "added", to: "text" }],
  });
  reporter.report({ ...about, handling: "refused", changes: [age] });

  expect(stream.lines).toEqual(
    [
      "shop.users: columns change in the lake, too",
      "  age: text, was int32",
      "  born: not in the table any more",
      "shop.users: columns differ that the lake keeps as they are",
      "  bio: a new column, text",
    ].map((line) => `2026-03-01T10:00:00.000Z ${line}`),
  );
});
