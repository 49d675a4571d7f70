/** How a CSV file is written; characters are bytes of ASCII. */
export interface CsvDialect {
  readonly delimiter: number;
  /** undefined: no field is quoted. */
  readonly quote: number | undefined;
  /** Takes the next character as it is: within quotes, or anywhere where there are none. A quote doubles itself. */
  readonly escape: number | undefined;
  /** True where lines end in a carriage return alone, as on old Macintoshes. */
  readonly carriageReturns: boolean;
  /** What, without quotes, is NULL besides the empty field. */
  readonly nullText: Buffer | undefined;
}

/** What the settings say of the files of a table; what they leave out is found in each file. */
export interface CsvFormat {
  readonly delimiter: string | undefined;
  /** `none` for no quotes. */
  readonly quote: string | undefined;
  readonly escape: string | undefined;
  readonly header: boolean;
  readonly encoding: CsvEncoding | undefined;
  readonly nullText: string | undefined;
}

export type CsvEncoding = "utf-8" | "utf-16" | "windows-1252";
