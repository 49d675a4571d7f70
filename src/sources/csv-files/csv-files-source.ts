import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PanoramaError } from "../../errors.ts";
import type { CheckResult, Snapshot, Source } from "../source.ts";
import type { OnBadRow } from "../tabular/bad-rows.ts";
import { describeRows, openTabularReading } from "../tabular/tabular-reading.ts";
import type { CsvFormat } from "./csv-dialect.ts";
import { type CsvTable, openCsvRows } from "./csv-rows.ts";
import { type FilesByTable, findFiles } from "./find-files.ts";

export interface CsvFilesOptions {
  /** The datasource's name in the settings. */
  readonly name: string;
  /** A file, a folder, or a pattern with `*`, `**` or `?`. */
  readonly location: string;
  readonly usual: CsvReading;
  /** The tables that the settings list. */
  readonly tables: readonly CsvTableOptions[];
}

/** How the files of a table are read, and what becomes of rows that cannot be. */
export interface CsvReading {
  readonly format: CsvFormat;
  readonly onBadRow: OnBadRow;
  /** Where rejected rows go; undefined: beside the file that they are from, `<file>.rejected.csv`. */
  readonly rejectFile: string | undefined;
}

export interface CsvTableOptions {
  readonly name: string;
  readonly reading: CsvReading;
  /** Names for the columns of a file without a header row. */
  readonly fieldNames: readonly string[] | undefined;
}

/**
 * CSV files, plain or as `.gz`: a file, all files that fit a pattern, or a folder of tables. Files are read as streams,
 * twice where the type of a column has to be found. Nothing is opened before it is needed.
 */
export function openCsvFilesSource(options: CsvFilesOptions): Source {
  const { name } = options;
  const find = (): Promise<FilesByTable> =>
    findFiles(name, options.location, options.tables.length === 1 ? options.tables[0]?.name : undefined);
  const never = new AbortController().signal;
  return {
    name,
    check: () => check(options, find),
    listTables: async () => [...(await find()).keys()].sort(),
    describeTable: async (table) => {
      const { csv, reading } = await findTable(options, await find(), table, new Set());
      return describeRows(await openCsvRows(csv, never), reading.onBadRow, never);
    },
    estimateRowCounts: async () => new Map(),
    openSnapshot: async (signal) => openSnapshot(options, await find(), signal),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The files that there are when it is opened; one that is changed while it is read fails its table. */
function openSnapshot(options: CsvFilesOptions, files: FilesByTable, signal: AbortSignal): Snapshot {
  const begun = new Set<string>();
  return {
    id: options.location,
    shared: false,
    notices: [],
    openTable: async (request) => {
      const { csv, reading } = await findTable(options, files, request.table, begun);
      return openTabularReading(await openCsvRows(csv, signal), request, reading.onBadRow, signal);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function findTable(
  { name: source, location, usual, tables }: CsvFilesOptions,
  byTable: FilesByTable,
  table: string,
  begun: Set<string>,
): Promise<{ readonly csv: CsvTable; readonly reading: CsvReading }> {
  const where = { source, table };
  const files = byTable.get(table);
  if (files === undefined) {
    const known = [...byTable.keys()].slice(0, 8).join(", ");
    const has = known === "" ? "there is no CSV file" : `it has ${known}`;
    throw new PanoramaError("TABLE_MISSING", `There is no table ${table} at ${location}: ${has}`, where);
  }
  const own = tables.find((each) => each.name === table);
  const reading = own?.reading ?? usual;
  const { format, rejectFile } = reading;
  if (rejectFile !== undefined && files.includes(rejectFile)) {
    throw new PanoramaError(
      "SETTINGS_INVALID",
      `reject_file of ${table} is one of the files to be loaded`,
      where,
    );
  }
  const isFolder = await stat(location).then(
    (status) => status.isDirectory(),
    () => false,
  );
  const root = isFolder ? location : rootOf(location);
  return { csv: { where, files, root, format, fieldNames: own?.fieldNames, rejectFile, begun }, reading };
}

/** The folder above a file, or above the first wildcard of a pattern. */
function rootOf(location: string): string {
  let root = dirname(location);
  while (/[*?]/.test(root)) root = dirname(root);
  return root;
}

async function check(options: CsvFilesOptions, find: () => Promise<FilesByTable>): Promise<CheckResult> {
  const subject = options.name;
  try {
    const byTable = await find();
    const files = [...byTable.values()].flat();
    for (const file of files) await access(file, constants.R_OK);
    const tables = byTable.size === 1 ? "1 table" : `${byTable.size} tables`;
    const detail = `${tables} in ${files.length === 1 ? "1 file" : `${files.length} files`} at ${options.location}`;
    return { subject, ok: files.length > 0, detail };
  } catch (error) {
    if (error instanceof PanoramaError) {
      return { subject, ok: false, detail: `${error.message} (${error.code}). ${error.remedy}` };
    }
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    return { subject, ok: false, detail: `Cannot read the files at ${options.location} (${code})` };
  }
}
