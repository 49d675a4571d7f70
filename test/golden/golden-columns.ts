import { expect } from "vitest";
import type { TestDatabase } from "../services/mysql-server.ts";
import { loadedLake } from "./load-database.ts";

/** What is stored, as an SQL literal, what the typed view says, and what the CSV file says where that is another text. */
export type GoldenValue = readonly [stored: string, typed: string | null, csv?: string];

export interface GoldenColumn {
  /** `int unsigned` */
  readonly type: string;
  /** The view's type as DuckDB spells it. */
  readonly lake: string;
  /** One row each. Rows beyond them hold NULL. */
  readonly values: readonly GoldenValue[];
  /** Zero and impossible dates among the values, which are reported. */
  readonly invalidDates?: number;
}

/**
 * Stores the columns as one table and loads it as Parquet and as CSV. Expects every value back from the raw table
 * and from the typed view of both, and a report of what was altered.
 */
export async function expectEveryValue(
  db: TestDatabase,
  columns: Readonly<Record<string, GoldenColumn>>,
): Promise<void> {
  await createGoldenTable(db, columns);
  const expected = { ...found(columns, typedText), altered: alterationsOf(columns) };
  const texts = { ...found(columns, csvText), altered: alterationsOf(columns) };

  await using parquet = await loadedLake(db, { tables: [{ name: "golden" }], format: "parquet" });
  await using csv = await loadedLake(db, { tables: [{ name: "golden" }], format: "csv" });

  for (const [lake, raw] of [
    [parquet, expected],
    [csv, texts],
  ] as const) {
    const altered = lake.events.flatMap((event) => (event.kind === "table-loaded" ? event.alterations : []));
    for (const [view, wanted] of [
      ["table_golden", expected],
      ["raw_golden", raw],
    ] as const) {
      const { types, rows } = await lake.ask(`select * exclude (id) from ${view} order by cast(id as int)`);
      const entries = Object.keys(columns).map((name, i) => [
        name,
        { type: types[i], values: rows.map((row) => row[i]) },
      ]);
      expect(
        { ...Object.fromEntries(entries), altered },
        `${view} of ${lake === csv ? "CSV" : "Parquet"}`,
      ).toEqual(wanted);
    }
  }
}

/** As `expectEveryValue` does, without loading it. */
export async function createGoldenTable(
  db: TestDatabase,
  columns: Readonly<Record<string, GoldenColumn>>,
): Promise<void> {
  const entries = Object.entries(columns);
  const definitions = entries.map(([name, { type }]) => `\`${name}\` ${type} null`);
  await db.query(`create table golden (id int primary key, ${definitions.join(", ")})`);
  for (let row = 0; row < rowCountOf(columns); row++) {
    const values = entries.map(([, column]) => column.values[row]?.[0] ?? "null");
    await db.query(`insert into golden values (${[row, ...values].join(", ")})`);
  }
}

type Found = Readonly<Record<string, { readonly type: string; readonly values: readonly (string | null)[] }>>;

function found(
  columns: Readonly<Record<string, GoldenColumn>>,
  text: (column: GoldenColumn, value: GoldenValue | undefined) => string | null,
): Found {
  const rows = Array.from({ length: rowCountOf(columns) }, (_, row) => row);
  const entries = Object.entries(columns).map(([name, column]) => [
    name,
    {
      type: text === csvText ? "VARCHAR" : column.lake,
      values: rows.map((row) => text(column, column.values[row])),
    },
  ]);
  return Object.fromEntries(entries) as Found;
}

function typedText(_column: GoldenColumn, value: GoldenValue | undefined): string | null {
  return value?.[1] ?? null;
}

function csvText(column: GoldenColumn, value: GoldenValue | undefined): string | null {
  const typed = typedText(column, value);
  if (value?.[2] !== undefined) return value[2];
  return column.lake === "BLOB" ? (typed?.slice(2) ?? null) : typed;
}

function alterationsOf(columns: Readonly<Record<string, GoldenColumn>>): readonly unknown[] {
  return Object.entries(columns).flatMap(([column, { invalidDates: count }]) =>
    count === undefined ? [] : [{ column, kind: "invalid-date", count }],
  );
}

/** One more than any column has values, so that every column has a NULL. */
function rowCountOf(columns: Readonly<Record<string, GoldenColumn>>): number {
  return 1 + Math.max(...Object.values(columns).map(({ values }) => values.length));
}
