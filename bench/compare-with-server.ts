import type { BenchServer } from "./bench-server.ts";
import { type BenchColumn, type BenchTable, tableName } from "./bench-table.ts";
import { type PanoramaLoad, viewName } from "./panorama-loads.ts";

/**
 * Column by column: how many NULLs, and a sum over the first digits of each other value's digest. By SHA-256,
 * because MySQL lost its MD5.
 */
export interface Content {
  readonly rowCount: number;
  readonly columns: ReadonlyMap<string, { readonly nulls: number; readonly checksum: string }>;
}

/** Throws where a column is of a type that cannot be compared, which is better known before it is loaded. */
export function checkComparable({ columns }: BenchTable): void {
  for (const column of columns) spellingOf(column);
}

/**
 * Asks the server for the table's content as `format` has it: the CSV dialect has the two characters `\n` in the
 * place of a line break.
 */
export async function describeServerContent(
  server: BenchServer,
  table: BenchTable,
  format: PanoramaLoad["format"],
): Promise<Content> {
  const texts = table.columns.map((column) => serverText(column, format));
  const checksums = texts.map(
    (text) => `CAST(coalesce(sum(CAST(conv(left(sha2(${text}, 256), 8), 16, 10) AS unsigned)), 0) AS char)`,
  );
  const from = `\`${table.database}\`.${tableName}`;
  const [row] = await server.query(selectContent(texts, checksums, from));
  return readContent(table.columns, row ?? {});
}

/** Asks the lake, by its typed view. */
export async function describeLakeContent(load: PanoramaLoad, table: BenchTable): Promise<Content> {
  const texts = table.columns.map(lakeText);
  const checksums = texts.map(
    (text) => `CAST(coalesce(sum(CAST('0x' || left(sha256(${text}), 8) AS bigint)), 0) AS varchar)`,
  );
  const [row] = await load.ask(selectContent(texts, checksums, viewName));
  return readContent(table.columns, row ?? {});
}

/** A sentence for each difference. */
export function compareContent(name: string, server: Content, lake: Content): readonly string[] {
  const differences: string[] = [];
  if (server.rowCount !== lake.rowCount) {
    differences.push(`${name}: ${server.rowCount} rows at the server, ${lake.rowCount} in the lake`);
  }
  for (const [column, expected] of server.columns) {
    const found = lake.columns.get(column);
    if (found?.nulls !== expected.nulls) {
      const counts = `${expected.nulls} NULLs at the server, ${found?.nulls} in the lake`;
      differences.push(`${name}: column ${column}: ${counts}`);
    }
    if (found?.checksum !== expected.checksum) {
      const sums = `${expected.checksum} at the server, ${found?.checksum} in the lake`;
      differences.push(`${name}: column ${column}: the checksums of its values differ: ${sums}`);
    }
  }
  return differences;
}

function selectContent(texts: readonly string[], checksums: readonly string[], from: string): string {
  const columns = texts.flatMap((text, index) => [
    `count(*) - count(${text}) AS nulls_${index}`,
    `${checksums[index]} AS checksum_${index}`,
  ]);
  return `SELECT count(*) AS row_count, ${columns.join(", ")} FROM ${from}`;
}

function readContent(columns: readonly BenchColumn[], row: Readonly<Record<string, unknown>>): Content {
  return {
    rowCount: Number(row["row_count"]),
    columns: new Map(
      columns.map(({ name }, index) => [
        name,
        { nulls: Number(row[`nulls_${index}`]), checksum: String(row[`checksum_${index}`]) },
      ]),
    ),
  };
}

/** How both sides spell the values of a type; zero and impossible dates are NULL on both. */
type Spelling = "whole" | "decimal" | "double" | "moment" | "day" | "text";

const spellings: Readonly<Record<string, Spelling>> = {
  ...{
    year: "whole",
    tinyint: "whole",
    smallint: "whole",
    mediumint: "whole",
    int: "whole",
    bigint: "whole",
  },
  ...{ decimal: "decimal", float: "double", double: "double" },
  ...{ datetime: "moment", timestamp: "moment", date: "day" },
  ...{ char: "text", varchar: "text", tinytext: "text", text: "text", mediumtext: "text", longtext: "text" },
};

function spellingOf({ name, dataType }: BenchColumn): Spelling {
  const spelling = spellings[dataType];
  if (spelling === undefined) throw new Error(`Column ${name}: ${dataType} has no spelling to compare`);
  return spelling;
}

function serverText(column: BenchColumn, format: PanoramaLoad["format"]): string {
  const name = `\`${column.name}\``;
  switch (spellingOf(column)) {
    case "whole":
    case "decimal":
      return `CAST(${name} AS char)`;
    case "double":
      return plainDouble(`(${name} + 0e0)`, (value) => `CAST(${value} AS char)`);
    case "moment":
      return ifPossible(name, `CAST(timestampdiff(microsecond, '1970-01-01', ${name}) AS char)`);
    case "day":
      return ifPossible(name, `CAST(datediff(${name}, '1970-01-01') AS char)`);
    case "text": {
      const text = `convert(${name} USING utf8mb4)`;
      return format === "csv" ? withoutBreak(withoutBreak(text, 10, "n"), 13, "r") : text;
    }
  }
}

function lakeText(column: BenchColumn): string {
  const name = `"${column.name}"`;
  switch (spellingOf(column)) {
    case "whole":
    case "decimal":
      return `CAST(${name} AS varchar)`;
    case "double":
      // 1 is 1.0 here.
      return plainDouble(
        `CAST(${name} AS double)`,
        (value) => `regexp_replace(CAST(${value} AS varchar), '\\.0$', '')`,
      );
    case "moment":
      return `CAST(epoch_us(${name}) AS varchar)`;
    case "day":
      return `CAST(${name} - DATE '1970-01-01' AS varchar)`;
    case "text":
      return name;
  }
}

/** The server calculates with 31 February too, and arrives in March. */
function ifPossible(date: string, text: string): string {
  return `CASE WHEN from_days(to_days(${date})) = date(${date}) THEN ${text} END`;
}

/** Both sides write the shortest digits that give the number back; of very large and small ones the form differs. */
function plainDouble(value: string, spell: (value: string) => string): string {
  const beyond = `abs(${value}) < 1e-2 OR abs(${value}) >= 1e15`;
  return `CASE WHEN ${value} = 0 THEN '0' WHEN ${beyond} THEN 'beyond' ELSE ${spell(value)} END`;
}

/** Spelled without a backslash, whose meaning depends on the server's sql_mode. */
function withoutBreak(text: string, code: number, letter: string): string {
  return `replace(${text}, char(${code} USING utf8mb4), concat(char(92 USING utf8mb4), '${letter}'))`;
}
