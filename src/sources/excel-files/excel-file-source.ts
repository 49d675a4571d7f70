import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { PanoramaError } from "../../errors.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import type { CheckResult, Snapshot, Source, TableReading, TableRequest } from "../source.ts";
import { changedWhileRead, describeRows, openTabularReading } from "../tabular/tabular-reading.ts";
import { hasRows, openSheetRows } from "./sheet-rows.ts";
import { openWorkbook, type Sheet, type Workbook } from "./workbook.ts";
import { NotAWorkbook } from "./workbook-archive.ts";

type OnBadRow = "fail" | "skip";

export interface ExcelFileOptions {
  /** The datasource's name in the settings. */
  readonly name: string;
  readonly location: string;
  readonly onBadRow: OnBadRow;
  /** The tables that the settings list. */
  readonly tables: readonly { readonly name: string; readonly onBadRow: OnBadRow }[];
}

/**
 * A workbook in the format of Excel since 2007: a table for each sheet. Sheets are read as streams; what is held in
 * memory are the different texts of the workbook.
 */
export function openExcelFileSource(options: ExcelFileOptions): Source {
  const { name: source, location } = options;
  const never = new AbortController().signal;
  return {
    name: source,
    check: () => check(options),
    listTables: () =>
      telling(options, {}, never, async () => {
        await using workbook = await openWorkbook(location, never);
        const names: string[] = [];
        for (const sheet of workbook.sheets) {
          if (await hasRows(workbook, sheet, never)) names.push(sheet.name);
        }
        return names.sort();
      }),
    describeTable: (table) =>
      telling(options, { table }, never, async () => {
        await using workbook = await openWorkbook(location, never);
        const rows = await openSheetRows(
          { source, table },
          workbook,
          sheetOf(options, workbook, table),
          never,
        );
        return await describeRows(rows, policyOf(options, table), never);
      }),
    estimateRowCounts: async () => new Map(),
    openSnapshot: (signal) => telling(options, {}, signal, () => openSnapshot(options, signal)),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** All sheets of the file as it is when the snapshot is opened: the file stays open. */
async function openSnapshot(options: ExcelFileOptions, signal: AbortSignal): Promise<Snapshot> {
  const version = await versionOf(options.location);
  const workbook = await openWorkbook(options.location, signal);
  return {
    id: `${options.location} ${version}`,
    shared: false,
    notices: [],
    openTable: (request) =>
      telling(options, { table: request.table }, signal, () =>
        openTable(options, workbook, version, request, signal),
      ),
    [Symbol.asyncDispose]: () => workbook[Symbol.asyncDispose](),
  };
}

async function openTable(
  options: ExcelFileOptions,
  workbook: Workbook,
  version: string,
  request: TableRequest,
  signal: AbortSignal,
): Promise<TableReading> {
  const { table } = request;
  const where = { source: options.name, table };
  const rows = await openSheetRows(where, workbook, sheetOf(options, workbook, table), signal);
  const reading = await openTabularReading(rows, request, policyOf(options, table), signal);
  async function* batches(batchesSignal: AbortSignal): AsyncGenerator<RecordBatch> {
    const inner = reading.batches(batchesSignal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await telling(options, { table }, batchesSignal, () => inner.next());
        if (next.done === true) break;
        yield next.value;
      }
    } finally {
      await inner.return?.();
    }
    if ((await versionOf(options.location)) !== version) throw changedWhileRead(where, options.location);
  }
  return { ...reading, batches };
}

function policyOf(options: ExcelFileOptions, table: string): OnBadRow {
  return options.tables.find(({ name }) => name === table)?.onBadRow ?? options.onBadRow;
}

function sheetOf(options: ExcelFileOptions, workbook: Workbook, table: string): Sheet {
  const { sheets } = workbook;
  // Excel does not tell names in different case apart.
  const found =
    sheets.find(({ name }) => name === table) ??
    sheets.find(({ name }) => name.toLowerCase() === table.toLowerCase());
  if (found !== undefined) return found;
  const known = sheets.map(({ name }) => name).slice(0, 8);
  const message = `There is no sheet ${table} in ${basename(options.location)}: it has ${known.join(", ")}`;
  throw new PanoramaError("TABLE_MISSING", message, { source: options.name, table });
}

async function versionOf(path: string): Promise<string> {
  const { size, mtimeNs } = await stat(path, { bigint: true });
  return `${size} ${mtimeNs}`;
}

async function check(options: ExcelFileOptions): Promise<CheckResult> {
  const subject = options.name;
  const never = new AbortController().signal;
  try {
    return await telling(options, {}, never, async () => {
      await using workbook = await openWorkbook(options.location, never);
      const count = workbook.sheets.length;
      const detail = `${count === 1 ? "1 sheet" : `${count} sheets`} in ${options.location}`;
      return { subject, ok: count > 0, detail };
    });
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    return { subject, ok: false, detail: `${error.message} (${error.code}). ${error.remedy}` };
  }
}

/** Says of a failure to read that it is about the workbook, and why as well as can be told. */
async function telling<Result>(
  { name: source, location }: ExcelFileOptions,
  about: { readonly table?: string },
  signal: AbortSignal,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof PanoramaError) throw cause;
    const reason = await reasonOf(location, cause);
    throw new PanoramaError(
      "SOURCE_UNREADABLE",
      `Cannot read ${location}: ${reason}`,
      { source, ...about },
      { cause },
    );
  }
}

/** The first bytes of what Office wrote before 2007, and of what it encrypts. */
const compoundFile = "d0cf11e0a1b11ae1";

async function reasonOf(path: string, cause: unknown): Promise<string> {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "this account may not read it";
  if (code === "EISDIR") return "it is a folder";
  if (cause instanceof NotAWorkbook) return cause.message;
  if ((await firstBytes(path)) === compoundFile) {
    return "it is in the old format (.xls) or has a password; save it as .xlsx without one";
  }
  return code ?? `it is no workbook, or a damaged one (${(cause as Error).message})`;
}

async function firstBytes(path: string): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.toString("hex", 0, bytesRead);
  } catch {
    return "";
  }
}
