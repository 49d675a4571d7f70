import { expect, test } from "vitest";
import { PanoramaError } from "../../src/errors.ts";
import type { Reporter } from "../../src/reports/reporter.ts";
import { openTerminalReporter } from "../../src/reports/terminal-reporter.ts";
import { heldClock, Written } from "./written-to.ts";
import type { HeldClock } from "./written-to.ts";

const escape = "\u001b";

/** What is to be seen on a terminal after the writes: understands "up" and "erase below", nothing else. */
function screenOf(stream: Written): readonly string[] {
  const lines: string[] = [];
  for (const write of stream.writes) {
    const erase = new RegExp(`^${escape}\\[(\\d+)A\\r${escape}\\[J`).exec(write);
    if (erase !== null) lines.splice(lines.length - Number(erase[1]));
    const rest = write.slice(erase?.[0].length ?? 0);
    expect(rest).not.toContain(escape);
    lines.push(...rest.split("\n").slice(0, -1));
  }
  return lines;
}

function terminal(size: { columns?: number; rows?: number } = {}): {
  stream: Written;
  clock: HeldClock;
  reporter: Reporter;
} {
  const stream = Object.assign(new Written(), size);
  const clock = heldClock("2026-03-01T10:00:00Z");
  const reporter = openTerminalReporter(stream, { color: false, clock, memory: () => 212_000_000 });
  return { stream, clock, reporter };
}

test("the block shows each table in work, with its share when the server guessed its rows", () => {
  const { stream, clock, reporter } = terminal();

  reporter.report({ kind: "run-started", run: "r1", tables: 36, lake: "/lake" });
  reporter.report({ kind: "table-started", source: "lms", table: "studentmodule", estimatedRows: 2_000_000 });
  reporter.report({ kind: "table-started", source: "lms", table: "users", estimatedRows: undefined });
  clock.pass(3000);
  reporter.report({ kind: "table-progress", table: "studentmodule", rows: 1_204_000, bytes: 512_300_000 });
  clock.pass(100);

  expect(screenOf(stream)).toEqual([
    "Loading 36 tables into /lake",
    "  lms.studentmodule  1,204,000 rows  388,387 rows/s  512.3 MB  60 %",
    "  lms.users                  0 rows",
    "  0 of 36 tables  3.1 s  212.0 MB memory",
  ]);
});

test("a finished table scrolls up with its warnings and alterations below it", () => {
  const { stream, clock, reporter } = terminal();

  reporter.report({ kind: "table-started", source: "lms", table: "users", estimatedRows: 500 });
  reporter.report({ kind: "table-started", source: "lms", table: "orders", estimatedRows: undefined });
  reporter.report({ kind: "warning", source: "lms", table: "users", message: "Column age is gone: NULL" });
  reporter.report({
    kind: "table-loaded",
    strategy: "full",
    source: "lms",
    table: "users",
    rows: 512,
    bytes: 34_100,
    files: 1,
    slices: 1,
    keptSlices: 0,
    millis: 200,
    alterations: [{ column: "last_login", kind: "invalid-date", count: 3 }],
  });
  clock.pass(100);

  expect(screenOf(stream)).toEqual([
    "✓ lms.users  512 rows  34.1 KB  1 file  0.2 s",
    "  Column age is gone: NULL",
    "  last_login: 3 zero or impossible dates became NULL",
    "  lms.orders  0 rows",
    "  1 table  0.1 s  212.0 MB memory",
  ]);
});

test("a failure is on the screen at once and stays when the display is closed", () => {
  const { stream, reporter } = terminal();

  reporter.report({ kind: "run-started", run: "r1", tables: 2, lake: "/lake" });
  reporter.report({ kind: "table-started", source: "lms", table: "users", estimatedRows: 500 });
  reporter.report({ kind: "table-started", source: "lms", table: "orders", estimatedRows: undefined });
  reporter.report({ kind: "table-progress", table: "orders", rows: 120, bytes: 0 });
  reporter.report({
    kind: "table-failed",
    source: "lms",
    table: "users",
    error: new PanoramaError("SOURCE_CUT_SHORT", "The connection ended", { source: "lms" }),
  });
  const failure = [
    "✗ lms.users: The connection ended (SOURCE_CUT_SHORT)",
    "  The table keeps its old version. Run again; see the server's log if it happens again.",
  ];
  expect(screenOf(stream).slice(1, 3)).toEqual(failure);

  reporter.close();
  reporter.close();

  expect(screenOf(stream)).toEqual([
    "Loading 2 tables into /lake",
    ...failure,
    "- lms.orders  not finished, 120 rows read",
  ]);
});

test("the block is drawn at most ten times a second", () => {
  const { stream, clock, reporter } = terminal();

  reporter.report({ kind: "table-started", source: "lms", table: "users", estimatedRows: undefined });
  for (let millis = 0; millis < 1000; millis += 1) {
    clock.pass(1);
    reporter.report({ kind: "table-progress", table: "users", rows: millis, bytes: millis });
  }

  expect(stream.writes.length).toBeLessThanOrEqual(11);
  expect(stream.writes.length).toBeGreaterThanOrEqual(10);
});

test("no line of the block is wider or the block higher than the terminal", () => {
  const { stream, clock, reporter } = terminal({ columns: 30, rows: 6 });

  for (let table = 0; table < 9; table += 1) {
    const name = `a_table_with_a_long_name_数据数据${table}`;
    reporter.report({ kind: "table-started", source: "lms", table: name, estimatedRows: undefined });
  }
  clock.pass(100);

  expect(screenOf(stream)).toEqual([
    "  lms.a_table_with_a_long_na…",
    "  lms.a_table_with_a_long_na…",
    "  and 7 more",
    "  0 tables  0.1 s  212.0 MB …",
  ]);
});

test("a terminal without a size is taken for one of 80 columns", () => {
  const { stream, clock, reporter } = terminal({ columns: 0, rows: 0 });

  reporter.report({ kind: "table-started", source: "lms", table: "users", estimatedRows: undefined });
  clock.pass(100);

  expect(screenOf(stream)).toEqual(["  lms.users  0 rows", "  0 tables  0.1 s  212.0 MB memory"]);
});

test("colours are used where they are wanted only", () => {
  const stream = new Written();
  const reporter = openTerminalReporter(stream, { color: true, clock: heldClock("2026-03-01T10:00:00Z") });

  reporter.report({
    kind: "run-published",
    run: "r1",
    tables: 1,
    unchanged: 0,
    failed: 0,
    rows: 1,
    bytes: 1,
    millis: 1,
  });
  reporter.close();

  expect(stream.text).toContain(`${escape}[32m✓${escape}[0m Published 1 table`);
});

test("changed columns stay above the block, but for those that the failure lists", () => {
  const { stream, reporter } = terminal();
  const about = { kind: "schema-changed", source: "shop", table: "users" } as const;
  const changes = [{ column: "bio", change: "added", to: "text" }] as const;

  reporter.report({ ...about, handling: "ignored", changes });
  reporter.report({ ...about, handling: "refused", changes });
  reporter.close();

  expect(screenOf(stream)).toEqual([
    "· shop.users: columns differ that the lake keeps as they are",
    "  bio: a new column, text",
  ]);
});
