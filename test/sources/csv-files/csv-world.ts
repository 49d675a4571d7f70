import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type CsvFilesOptions,
  type CsvReading,
  openCsvFilesSource,
} from "../../../src/sources/csv-files/csv-files-source.ts";
import type { FieldRequest, Source, TableReading } from "../../../src/sources/source.ts";
import { parseFieldType } from "../../../src/settings/field-type.ts";
import { spellColumnType } from "../../../src/table/column-type.ts";
import { columnValues } from "../../../src/table/column-values.ts";
import { partitionText } from "../../../src/table/partition-text.ts";
import type { ColumnData } from "../../../src/table/record-batch.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";

type FormatWords = Partial<CsvReading["format"]>;

export interface CsvWorldOptions extends FormatWords {
  readonly onBadRow?: CsvReading["onBadRow"];
  readonly rejectFile?: string;
  /** Relative to the folder of the files, which it is by default. */
  readonly location?: string;
  readonly listed?: readonly string[];
  readonly fieldNames?: readonly string[];
}

/** Files in a folder and a source that reads them. */
export interface CsvWorld extends AsyncDisposable {
  readonly folder: string;
  readonly source: Source;
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  open(table: string, fields?: readonly FieldRequest[]): Promise<TableReading>;
  /** All that a table has. */
  read(table: string, fields?: readonly FieldRequest[]): Promise<ReadTable>;
}

export interface ReadTable {
  /** `id int64`. */
  readonly columns: readonly string[];
  /** Values as CSV spells them. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly warnings: readonly string[];
}

export async function csvWorld(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: CsvWorldOptions = {},
): Promise<CsvWorld> {
  const folder = await temporaryFolder();
  const { onBadRow = "fail", rejectFile, location = "", listed = [], fieldNames, ...format } = options;
  const reading: CsvReading = {
    format: {
      delimiter: undefined,
      quote: undefined,
      escape: undefined,
      header: true,
      encoding: undefined,
      nullText: undefined,
      ...format,
    },
    onBadRow,
    rejectFile: rejectFile === undefined ? undefined : join(folder.path, rejectFile),
  };
  const sourceOptions: CsvFilesOptions = {
    name: "files",
    location: join(folder.path, location),
    usual: reading,
    tables: listed.map((name) => ({ name, reading, fieldNames })),
  };
  const source = openCsvFilesSource(sourceOptions);
  const write: CsvWorld["write"] = async (written) => {
    for (const [name, content] of Object.entries(written)) {
      const path = join(folder.path, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
  };
  await write(files);
  const open: CsvWorld["open"] = async (table, fields) => {
    const snapshot = await source.openSnapshot(new AbortController().signal);
    return snapshot.openTable({ table, fields });
  };
  return {
    folder: folder.path,
    source,
    write,
    open,
    read: async (table, fields) => readAll(await open(table, fields)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

export async function readAll(reading: TableReading): Promise<ReadTable> {
  const { columns } = reading.schema;
  const rows: (string | null)[][] = [];
  for await (const batch of reading.batches(new AbortController().signal)) {
    const values = columns.map(({ type }, i) =>
      [...columnValues(type, batch.columns[i] as ColumnData, batch.rowCount)].map((value) =>
        partitionText(type, value),
      ),
    );
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(values.map((column) => column[row] as string | null));
    }
    batch.release();
  }
  return {
    columns: columns.map(({ name, type }) => `${name} ${spellColumnType(type)}`),
    rows,
    warnings: reading.warnings,
  };
}

/** A field as the settings list it. */
export function field(name: string, type?: string, constant?: string | number | null): FieldRequest {
  const columnType = parseFieldType(type ?? "") ?? { kind: "text" };
  return { name, type, columnType, ...(constant === undefined ? {} : { constant: { value: constant } }) };
}
