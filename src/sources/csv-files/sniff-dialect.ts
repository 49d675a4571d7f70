import { CellRow } from "../tabular/cell-row.ts";
import type { CsvDialect, CsvFormat } from "./csv-dialect.ts";
import { RecordParser } from "./record-parser.ts";

const delimiters = [",", ";", "\t", "|"];
const mostRecords = 200;

const backslash = 0x5c;
const doubleQuote = 0x22;

/** The beginning of a file. */
export interface Sample {
  readonly bytes: Buffer;
  /** Whether it is all of the file. */
  readonly whole: boolean;
}

export interface SniffedDialect {
  readonly dialect: CsvDialect;
  /** Bytes before the first record: the line `sep=;` that Excel writes. */
  readonly skip: number;
}

/**
 * The dialect of a file: what the settings say, and for the rest what its beginning is best read with. The delimiter is
 * that of comma, semicolon, tab and bar which gives most records as many fields as the first; quotes are double quotes;
 * a backslash escapes where the quotes do not fit otherwise.
 */
export function sniffDialect(sample: Sample, format: CsvFormat, path: string): SniffedDialect {
  const hint = /^sep=([\x20-\x7e\t])\r?\n/i.exec(sample.bytes.toString("latin1", 0, 8));
  const skip = hint === null ? 0 : hint[0].length;
  const rest = { bytes: sample.bytes.subarray(skip), whole: sample.whole };
  const given = format.delimiter ?? hint?.[1];
  const fallback = /\.(tsv|tab)(\.gz)?$/i.test(path) ? "\t" : ",";
  const candidates =
    given === undefined ? [fallback, ...delimiters.filter((each) => each !== fallback)] : [given];

  let best: { readonly dialect: CsvDialect; readonly score: number } | undefined;
  for (const delimiter of candidates) {
    for (const escape of escapes(format, rest.bytes)) {
      const dialect = dialectOf(format, delimiter, escape, rest.bytes);
      const score = scoreOf(rest, dialect);
      if (best === undefined || score > best.score) best = { dialect, score };
    }
  }
  if (best === undefined) throw new Error("unreachable: there is always a candidate");
  return { dialect: best.dialect, skip };
}

function escapes(format: CsvFormat, bytes: Buffer): readonly (number | undefined)[] {
  const quote = quoteOf(format);
  if (format.escape !== undefined) {
    const escape = format.escape.charCodeAt(0);
    return [escape === quote ? undefined : escape];
  }
  if (quote === undefined) return [undefined];
  return bytes.includes(Buffer.from([backslash, quote])) ? [undefined, backslash] : [undefined];
}

function quoteOf(format: CsvFormat): number | undefined {
  if (format.quote === undefined) return doubleQuote;
  return format.quote === "none" ? undefined : format.quote.charCodeAt(0);
}

function dialectOf(
  format: CsvFormat,
  delimiter: string,
  escape: number | undefined,
  bytes: Buffer,
): CsvDialect {
  return {
    delimiter: delimiter.charCodeAt(0),
    quote: quoteOf(format),
    escape,
    carriageReturns: !bytes.includes(0x0a) && bytes.includes(0x0d),
    nullText: format.nullText === undefined ? undefined : Buffer.from(format.nullText, "utf8"),
  };
}

/** Larger is better: first, how many records have as many fields as the first; then, that there are several fields. */
function scoreOf(sample: Sample, dialect: CsvDialect): number {
  const row = new CellRow();
  const parser = new RecordParser(dialect, row, false);
  parser.add(sample.bytes);
  if (sample.whole) parser.end();
  let first = 0;
  let records = 0;
  let alike = 0;
  for (; records < mostRecords; records++) {
    const outcome = parser.next();
    if (outcome === "none") break;
    if (records === 0) first = row.count;
    if (outcome === "row" && row.count === first) alike++;
  }
  if (records === 0) return 0;
  // One field in each record is what every wrong delimiter gives.
  return first === 1 ? alike / records / 1_000 : alike / records + Math.min(first, 1_000) / 1_000_000;
}
