import type { Readings } from "./read-mapping.ts";
import { optionalFlag, optionalText, optionalWord, type Shape } from "./setting-values.ts";
import type { FileReadingSettings } from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";
import { resolvePath, type SettingsReading } from "./settings-reading.ts";

type TextReading = { readonly value: string } | { readonly problem: string };

function character(text: string): TextReading {
  if (/^(tab|\\t)$/i.test(text)) return { value: "\t" };
  return /^[\x20-\x7e\t]$/.test(text)
    ? { value: text }
    : { problem: "must be one character of ASCII, or tab" };
}

const characterOrNone = (text: string): TextReading =>
  /^none$/i.test(text) ? { value: "none" } : character(text);

const encodings: Readonly<Record<string, FileReadingSettings["encoding"]>> = {
  utf8: "utf-8",
  utf16: "utf-16",
  utf16le: "utf-16",
  latin1: "windows-1252",
  iso88591: "windows-1252",
  windows1252: "windows-1252",
  cp1252: "windows-1252",
};

function encodingName(text: string): TextReading {
  const value = encodings[text.toLowerCase().replaceAll(/[-_ ]/g, "")];
  return value === undefined ? { problem: "must be utf-8, utf-16, latin1 or windows-1252" } : { value };
}

export interface BadRowKeys {
  readonly on_bad_row: "fail" | "skip" | "reject" | undefined;
}

/** How the files of a table are read: for a whole datasource, or for one of its tables. */
export interface CsvKeys extends BadRowKeys {
  readonly delimiter: string | undefined;
  readonly quote: string | undefined;
  readonly escape: string | undefined;
  readonly header: boolean | undefined;
  readonly encoding: string | undefined;
  readonly null_text: string | undefined;
  readonly reject_file: string | undefined;
}

export const badRowShape: Shape<BadRowKeys> = {
  on_bad_row: optionalWord(["fail", "skip", "reject"], {
    description:
      "What becomes of a row that cannot be read, or has a value that does not fit its field's type.",
    default: "fail",
  }),
};

export const csvShape: Shape<CsvKeys> = {
  delimiter: optionalText(
    {
      description: "Character between fields, or tab. Left out: found in each file.",
      examples: [";", "tab"],
    },
    character,
  ),
  quote: optionalText({ description: 'Character around fields, or none. Default: ".' }, characterOrNone),
  escape: optionalText(
    {
      description: "Character before a quote within quotes. Left out: found in each file.",
      examples: ["\\"],
    },
    character,
  ),
  header: optionalFlag({ description: "Whether the first row names the columns.", default: true }),
  encoding: optionalText(
    { description: "utf-8, utf-16, latin1 or windows-1252.", default: "utf-8", examples: ["windows-1252"] },
    encodingName,
  ),
  null_text: optionalText({
    description: "What, without quotes, is NULL besides the empty field.",
    examples: ["NULL", "\\N"],
  }),
  ...badRowShape,
  reject_file: optionalText({
    description: "Where on_bad_row: reject keeps rows. Left out: beside each file, as <file>.rejected.csv.",
  }),
};

/** undefined when nothing is said. */
export function readFileReading(
  keys: Readings<CsvKeys>,
  path: SettingPath,
  problems: SettingsProblems,
): FileReadingSettings | undefined {
  const { delimiter, quote, escape, header, null_text: nullText, on_bad_row: onBadRow } = keys;
  if (delimiter !== undefined && delimiter === quote)
    problems.add([...path, "quote"], "the same as delimiter");
  if (delimiter !== undefined && delimiter === escape)
    problems.add([...path, "escape"], "the same as delimiter");
  if (keys.reject_file !== undefined && onBadRow !== undefined && onBadRow !== "reject") {
    problems.add([...path, "reject_file"], "on_bad_row is not reject, so no row is kept");
  }
  const encoding = keys.encoding as FileReadingSettings["encoding"];
  const said = {
    delimiter,
    quote,
    escape,
    header,
    encoding,
    nullText,
    onBadRow,
    rejectFile: keys.reject_file,
  };
  return Object.values(said).every((value) => value === undefined) ? undefined : said;
}

/** What is said of a table, and for the rest what is said of its datasource. */
export function mergeFileReadings(
  usual: FileReadingSettings | undefined,
  own: FileReadingSettings | undefined,
): FileReadingSettings {
  const said = Object.entries(own ?? {}).filter(([, value]) => value !== undefined);
  return { ...unsaid, ...usual, ...Object.fromEntries(said) };
}

const unsaid: FileReadingSettings = {
  delimiter: undefined,
  quote: undefined,
  escape: undefined,
  header: undefined,
  encoding: undefined,
  nullText: undefined,
  onBadRow: undefined,
  rejectFile: undefined,
};

/** Paths in it start in the settings file's folder. */
export function resolveRejectFile(said: FileReadingSettings, reading: SettingsReading): FileReadingSettings {
  return { ...said, rejectFile: resolvePath(said.rejectFile, reading) };
}

/** Notes what a table of another type says as if it were a CSV file. */
export function checkFileReading(
  type: string,
  said: FileReadingSettings | undefined,
  path: SettingPath,
  problems: SettingsProblems,
): void {
  if (type === "csv" || said === undefined) return;
  const { onBadRow, ...others } = said;
  const ofCsv = Object.values(others).some((value) => value !== undefined);
  if (type !== "xls" || ofCsv)
    problems.add(path, `has settings of type csv, and its datasource is of type ${type}`);
  else checkExcelPolicy(onBadRow, path, problems);
}

/** A row of a workbook has no line of its own that could be kept. */
export function checkExcelPolicy(
  onBadRow: FileReadingSettings["onBadRow"],
  path: SettingPath,
  problems: SettingsProblems,
): void {
  if (onBadRow === "reject")
    problems.add([...path, "on_bad_row"], "must be fail or skip; rows are kept for CSV only");
}
