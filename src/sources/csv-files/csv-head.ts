import { stat } from "node:fs/promises";
import { CellRow } from "../tabular/cell-row.ts";
import { columnNames } from "../tabular/column-names.ts";
import type { CsvDialect, CsvFormat } from "./csv-dialect.ts";
import { readUtf8 } from "./file-bytes.ts";
import { RecordParser } from "./record-parser.ts";
import { type Sample, sniffDialect } from "./sniff-dialect.ts";

const sampleBytes = 1 << 18;

/** What is known of a file from its beginning. */
export interface CsvHead {
  readonly path: string;
  readonly version: FileVersion;
  readonly dialect: CsvDialect;
  /** Bytes of the text before its first record. */
  readonly skip: number;
  /** Empty for an empty file. */
  readonly names: readonly string[];
  /** The header row as it is written; empty where there is none. */
  readonly header: Uint8Array;
}

/** Tells one content of a file from another. */
export type FileVersion = string;

export async function fileVersion(path: string): Promise<FileVersion> {
  const { ino, size, mtimeNs } = await stat(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

/** `names` are those of the columns of a file without a header row, as far as they are known. */
export async function readHead(
  path: string,
  format: CsvFormat,
  names: readonly string[] | undefined,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<CsvHead> {
  const version = await fileVersion(path);
  const sample = await readSample(path, format, signal);
  const { dialect, skip } = sniffDialect(sample, format, path);
  const row = new CellRow();
  const parser = new RecordParser(dialect, row, false);
  parser.add(sample.bytes.subarray(skip));
  if (sample.whole) parser.end();
  const about = { path, version, dialect, skip };
  const outcome = parser.next();
  if (outcome === "bad") throw new RangeError(`line 1 cannot be read: ${parser.problem}`);
  if (outcome === "none") {
    if (sample.whole) return { ...about, names: [], header: new Uint8Array(0) };
    throw new RangeError(`the first row has more than ${sampleBytes >> 10} KB`);
  }
  const cells = Array.from({ length: row.count }, (_, i) =>
    row.bytes.toString("utf8", row.starts[i] as number, row.ends[i] as number),
  );
  if (format.header) return { ...about, names: columnNames(cells, warn), header: Buffer.from(parser.raw) };
  const given = cells.map((_, i) => names?.[i] ?? `column_${i + 1}`);
  return { ...about, names: given, header: new Uint8Array(0) };
}

async function readSample(path: string, format: CsvFormat, signal: AbortSignal): Promise<Sample> {
  const pieces: Uint8Array[] = [];
  let byteCount = 0;
  for await (const piece of readUtf8(path, format.encoding, signal)) {
    pieces.push(piece);
    byteCount += piece.length;
    if (byteCount >= sampleBytes) return { bytes: Buffer.concat(pieces), whole: false };
  }
  return { bytes: Buffer.concat(pieces), whole: true };
}
