import { join } from "node:path";
import type { CatalogWarning, LakeTable } from "../../../src/catalogs/catalog.ts";
import { openDuckdbCatalog } from "../../../src/catalogs/duckdb/duckdb-catalog.ts";
import { queryLake } from "../../../src/catalogs/duckdb/query.ts";
import { openedxViewFolder, openedxViewName } from "../../../src/openedx/openedx-views.ts";
import { findSampleTable } from "../../../src/openedx/sample/ddl-schema.ts";
import { courseStructureColumns } from "../../../src/openedx/structures/course-structure-columns.ts";
import { renderResult } from "../../../src/reports/render-result.ts";
import type { ColumnType } from "../../../src/table/column-type.ts";
import type { Column } from "../../../src/table/table-schema.ts";
import { planViews } from "../../../src/views/plan-views.ts";
import { readViewFolder } from "../../../src/views/read-view-folder.ts";
import type { ViewFile } from "../../../src/views/view-file.ts";
import { columnsOf, lakeTable, slice, writeParquet } from "../../catalogs/small-lake.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";

export type WorldRow = Readonly<Record<string, string | number | null>>;

/** Rows by table, of one installation or of several by their `lms`. What a row does not name is NULL. */
export type World = Readonly<Record<string, readonly WorldRow[]>>;

export interface WorldOptions {
  /** Base partition values that the rows are of, by `lms`; without it the lake has no base partitions. */
  readonly installations?: readonly string[];
  /** Columns of a table in place of those that Open edX has. */
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  readonly files?: readonly ViewFile[];
}

export interface ViewWorld extends AsyncDisposable {
  readonly warnings: readonly CatalogWarning[];
  /** Whole rows of a view in the order of `by`. */
  rowsOf(view: string, by?: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  ask(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export function openedxViewFiles(): Promise<readonly ViewFile[]> {
  return readViewFolder(openedxViewFolder, (name) => openedxViewName("openedx", name));
}

/** A lake of these rows in a folder, with the Open edX views over it in its DuckDB file. */
export async function openViewWorld(world: World, options: WorldOptions = {}): Promise<ViewWorld> {
  const folder = await temporaryFolder();
  const tables = await Promise.all(
    Object.entries(world).map(([name, rows]) => writeTable(folder.path, name, rows, options)),
  );
  const { views, warnings } = planViews(options.files ?? (await openedxViewFiles()), tables);
  const path = join(folder.path, "panorama.duckdb");
  const refused = await openDuckdbCatalog({ path }).publish(tables, { views });
  const ask: ViewWorld["ask"] = async (sql) => {
    await using result = await queryLake({ path, sql });
    let text = "";
    const append = async (piece: string): Promise<void> => {
      text += piece;
    };
    await renderResult(result, "json", append, { width: undefined });
    return JSON.parse(text) as Awaited<ReturnType<ViewWorld["ask"]>>;
  };
  return {
    warnings: [...warnings, ...refused],
    ask,
    rowsOf: (view, by = "all") => ask(`select * from ${view} order by ${by}`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export function columnsOfTable(name: string): readonly Column[] {
  return name === "course_structures" ? courseStructureColumns : (findSampleTable(name)?.columns ?? []);
}

async function writeTable(
  folder: string,
  name: string,
  rows: readonly WorldRow[],
  { installations, columns: chosen }: WorldOptions,
): Promise<LakeTable> {
  const all = columnsOfTable(name);
  const columns = chosen?.[name]?.map(
    (wanted) =>
      all.find((column) => column.name === wanted) ?? (columnsOf({ [wanted]: "text" })[0] as Column),
  ) ?? [...all];
  const slices = await Promise.all(
    (installations ?? [undefined]).map(async (lms) => {
      const file = join(folder, name, lms === undefined ? "" : `lms=${lms}`, "run", "part-00000.parquet");
      const own = rows.filter((row) => lms === undefined || (row["lms"] ?? installations?.[0]) === lms);
      await writeParquet({ [file]: selectRows(columns, own) });
      return slice([file], {}, lms === undefined ? {} : { lms });
    }),
  );
  return lakeTable(name, {
    rawName: `openedx_raw_${name}`,
    viewName: `openedx_table_${name}`,
    columns,
    basePartitions: installations === undefined ? [] : ["lms"],
    slices,
  });
}

function selectRows(columns: readonly Column[], rows: readonly WorldRow[]): string {
  const selects = rows.map((row) => {
    const values = columns.map(
      ({ name, type }) => `CAST(${literal(row[name] ?? null)} AS ${sqlType(type)}) AS "${name}"`,
    );
    return `SELECT ${values.join(", ")}`;
  });
  if (selects.length > 0) return selects.join(" UNION ALL ");
  const values = columns.map(({ name, type }) => `CAST(NULL AS ${sqlType(type)}) AS "${name}"`);
  return `SELECT ${values.join(", ")} WHERE false`;
}

function literal(value: string | number | null): string {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

function sqlType(type: ColumnType): string {
  switch (type.kind) {
    case "int32":
      return "INTEGER";
    case "int64":
      return "BIGINT";
    case "text":
      return "VARCHAR";
    case "bytes":
      return "BLOB";
    case "decimal":
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case "float":
    case "double":
    case "date":
    case "timestamp":
      return type.kind.toUpperCase();
  }
}
