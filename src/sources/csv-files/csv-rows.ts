import { relative } from "node:path";
import { PanoramaError } from "../../errors.ts";
import { CellRow } from "../tabular/cell-row.ts";
import { changedWhileRead, type RowHandler, type TabularRows } from "../tabular/tabular-reading.ts";
import type { CsvFormat } from "./csv-dialect.ts";
import { type CsvHead, fileVersion, readHead } from "./csv-head.ts";
import { readUtf8 } from "./file-bytes.ts";
import { RecordParser } from "./record-parser.ts";
import { RejectedRows } from "./rejected-rows.ts";

type Where = TabularRows["where"];

/** One table in CSV files. */
export interface CsvTable {
  readonly where: Where;
  /** In the order in which they are read; not empty. */
  readonly files: readonly string[];
  /** Folder by which messages name files. */
  readonly root: string;
  readonly format: CsvFormat;
  /** Names for the columns of files without a header row. */
  readonly fieldNames: readonly string[] | undefined;
  /** undefined: beside each file. */
  readonly rejectFile: string | undefined;
  /** Files with rejected rows that this run has begun already. */
  readonly begun: Set<string>;
}

/** Reads the beginnings of the files. Columns are the same where they have the same name, in whatever order. */
export async function openCsvRows(table: CsvTable, signal: AbortSignal): Promise<TabularRows> {
  const { where, files, format } = table;
  const nameOf = (path: string): string => relative(table.root, path);
  const warnings: string[] = [];
  const heads: CsvHead[] = [];
  for (const path of files) {
    const warn = (message: string): void => void warnings.push(`${nameOf(path)}: ${message}`);
    const head = await tellingOf(where, nameOf(path), signal, () =>
      readHead(path, format, table.fieldNames, signal, warn),
    );
    if (head.names.length > 0) heads.push(head);
    else if (files.length > 1) warn("the file is empty");
  }
  const names = unionOf(heads);
  if (names.length === 0) {
    const what = format.header ? "no header row" : "no row";
    throw new PanoramaError(
      "SOURCE_UNREADABLE",
      `${nameOf(files[0] as string)} is empty: it has ${what}`,
      where,
    );
  }
  for (const head of heads) {
    const missing = names.filter((name) => positionIn(head, name) < 0);
    if (missing.length > 0) warnings.push(`${nameOf(head.path)} lacks ${missing.join(", ")}: read as NULL`);
  }
  return new CsvRows(table, names, warnings, heads, nameOf);
}

class CsvRows implements TabularRows {
  readonly where: Where;
  readonly names: readonly string[];
  readonly warnings: readonly string[];
  readonly #table: CsvTable;
  readonly #heads: readonly CsvHead[];
  readonly #nameOf: (path: string) => string;
  readonly #rejected: RejectedRows;
  #current: { readonly head: CsvHead; readonly parser: RecordParser } | undefined;

  constructor(
    table: CsvTable,
    names: readonly string[],
    warnings: readonly string[],
    heads: readonly CsvHead[],
    nameOf: (path: string) => string,
  ) {
    this.where = table.where;
    this.names = names;
    this.warnings = warnings;
    this.#table = table;
    this.#heads = heads;
    this.#nameOf = nameOf;
    this.#rejected = new RejectedRows(table.where, table.begun);
  }

  async *read(signal: AbortSignal, handler: RowHandler): AsyncGenerator<void> {
    for (const head of this.#heads) yield* this.#readFile(head, signal, handler);
  }

  placeOf(row: CellRow): string {
    return this.#place(row.line);
  }

  beginRejects(): void {
    this.#rejected.begin(this.#heads.map((head) => this.#rejectPath(head)));
  }

  reject(): void {
    if (this.#current === undefined) return;
    const { head, parser } = this.#current;
    this.#rejected.add(this.#rejectPath(head), head.header, parser.raw);
  }

  finishRejects(): readonly string[] {
    return this.#rejected.finish();
  }

  async *#readFile(head: CsvHead, signal: AbortSignal, handler: RowHandler): AsyncGenerator<void> {
    const { format } = this.#table;
    const name = this.#nameOf(head.path);
    const row = new CellRow();
    row.cellOf = Int32Array.from(this.names, (each) => positionIn(head, each));
    const parser = new RecordParser(head.dialect, row, true);
    this.#current = { head, parser };
    const state = { header: format.header, skip: head.skip };
    const chunks = readUtf8(head.path, format.encoding, signal)[Symbol.asyncIterator]();
    try {
      await this.#assertSame(head);
      for (;;) {
        const next = await tellingOf(this.where, name, signal, () => chunks.next());
        if (next.done === true) break;
        const skipped = Math.min(state.skip, next.value.length);
        state.skip -= skipped;
        parser.add(next.value.subarray(skipped));
        this.#hand(parser, row, head, state, handler);
        yield;
      }
      parser.end();
      this.#hand(parser, row, head, state, handler);
      await this.#assertSame(head);
      yield;
    } finally {
      await chunks.return?.(undefined);
    }
  }

  /** Hands over the records that are complete. */
  #hand(
    parser: RecordParser,
    row: CellRow,
    head: CsvHead,
    state: { header: boolean },
    handler: RowHandler,
  ): void {
    for (;;) {
      const outcome = this.#next(parser, head);
      if (outcome === "none") return;
      if (state.header) {
        state.header = false;
      } else if (outcome === "bad") {
        handler.onBadRow(this.#place(parser.line), parser.problem);
      } else if (row.count !== head.names.length) {
        const fields = row.count === 1 ? "1 field" : `${row.count} fields`;
        handler.onBadRow(this.#place(row.line), `${fields} in place of ${head.names.length}`);
      } else {
        handler.onRow(row);
      }
    }
  }

  #next(parser: RecordParser, head: CsvHead): ReturnType<RecordParser["next"]> {
    try {
      return parser.next();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new PanoramaError("ROW_INVALID", `${this.#nameOf(head.path)}: ${error.message}`, this.where);
    }
  }

  #place(line: number): string {
    const path = this.#current?.head.path;
    return `${path === undefined ? "" : this.#nameOf(path)}:${line + (this.#current?.head.skip ? 1 : 0)}`;
  }

  async #assertSame(head: CsvHead): Promise<void> {
    const version = await fileVersion(head.path).catch(() => undefined);
    if (version !== head.version) throw changedWhileRead(this.where, this.#nameOf(head.path));
  }

  #rejectPath(head: CsvHead): string {
    return this.#table.rejectFile ?? `${head.path}.rejected.csv`;
  }
}

/** The columns of all files in the order of their first appearance. */
function unionOf(heads: readonly CsvHead[]): readonly string[] {
  const names = new Map<string, string>();
  for (const head of heads) {
    for (const name of head.names) if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return [...names.values()];
}

function positionIn(head: CsvHead, name: string): number {
  return head.names.findIndex((each) => each.toLowerCase() === name.toLowerCase());
}

/** Says of a failure to read which file it is about. */
async function tellingOf<Result>(
  where: Where,
  name: string,
  signal: AbortSignal,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof PanoramaError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    if (code === "Z_BUF_ERROR") {
      throw new PanoramaError(
        "SOURCE_CUT_SHORT",
        `${name} ends too early: it is not a whole gzip file`,
        where,
        { cause },
      );
    }
    throw new PanoramaError("SOURCE_UNREADABLE", `Cannot read ${name}: ${reasonOf(code, cause)}`, where, {
      cause,
    });
  }
}

function reasonOf(code: string, cause: unknown): string {
  if (code.startsWith("Z_")) return "it is not a gzip file";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "it is not text in the encoding of the settings";
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "this account may not read it";
  if (code === "EISDIR") return "it is a folder";
  if (cause instanceof RangeError) return cause.message;
  return code === "" ? String((cause as Error).message) : code;
}
