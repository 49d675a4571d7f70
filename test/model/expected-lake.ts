import type { ModelTable } from "./model-table.ts";

export type LakeRow = Readonly<Record<string, string | null>>;
/** Rows by slice; those of a slice are one text, in the order of the whole row. */
type Slices = ReadonlyMap<string, string>;
/** Undefined where a table is not kept in ranges of its key. */
type Cuts = readonly bigint[] | undefined;

/** What a table is at the moment of a run. */
export interface TableNow {
  /** Where the ranges of its key meet that the lake's files are of; undefined where they are of none. */
  readonly cuts: Cuts;
  readonly slices: Slices;
  readonly rowCounts: ReadonlyMap<string, number>;
  /** Of each slice: the latest time of its rows; a row without a time counts as changed at any moment. */
  readonly latest: ReadonlyMap<string, bigint>;
  /** From here on the next run sees what has changed. */
  readonly bound: bigint | undefined;
  readonly request: string;
  readonly format: string;
}

const anyMoment = 1n << 62n;

/** `openMicros`: for how long a transaction has been open. */
export function describeNow(
  table: ModelTable,
  rows: readonly Readonly<Record<string, unknown>>[],
  {
    now,
    openMicros,
    format,
    cuts,
  }: { readonly now: bigint; readonly openMicros: bigint; readonly format: string; readonly cuts: Cuts },
): TableNow {
  const expected = rows.map((row) => table.expected(row));
  const latest = new Map<string, bigint>();
  let last: bigint | undefined;
  // A server that rounds gives rows of now the whole second that comes next.
  const nextSecond = (now / 1_000_000n + 1n) * 1_000_000n;
  rows.forEach((row, i) => {
    const key = sliceOf(table, expected[i] as LakeRow, cuts);
    const time = row[table.timeColumn];
    const micros = typeof time === "string" ? microsOf(time) : anyMoment;
    if (micros > (latest.get(key) ?? -anyMoment)) latest.set(key, micros);
    if (time !== null && micros <= nextSecond && micros > (last ?? -anyMoment)) last = micros;
  });
  const { slices, rowCounts } = group(table, expected, cuts);
  const bound = last === undefined ? undefined : last - table.overlapMicros - openMicros;
  return { cuts, slices, rowCounts, latest, bound, request: table.request, format };
}

function group(
  table: ModelTable,
  rows: readonly LakeRow[],
  cuts: Cuts,
): { readonly slices: Slices; readonly rowCounts: ReadonlyMap<string, number> } {
  const texts = new Map<string, string[]>();
  for (const row of rows) {
    const text = JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
    const key = sliceOf(table, row, cuts);
    texts.set(key, [...(texts.get(key) ?? []), text]);
  }
  return {
    slices: new Map([...texts].map(([key, all]) => [key, all.sort().join("\n")])),
    rowCounts: new Map([...texts].map(([key, all]) => [key, all.length])),
  };
}

function joinRows(...texts: readonly string[]): string {
  const rows = texts.flatMap((text) => (text === "" ? [] : text.split("\n")));
  return rows.sort().join("\n");
}

/** A range of the key is a slice of its own. */
function sliceOf(table: ModelTable, row: LakeRow, cuts: Cuts): string {
  if (cuts !== undefined && table.partitionBy.length === 0) {
    const id = BigInt(row["id"] ?? 0);
    return String(cuts.filter((cut) => cut <= id).length);
  }
  return JSON.stringify(table.partitionBy.map((name) => row[name] ?? null));
}

/** Zero, impossible and earliest times alike are before all others. */
function microsOf(time: string): bigint {
  const [, seconds = "", fraction = ""] = /^([^.]*)\.?(.*)$/.exec(time) ?? [];
  const millis = Date.parse(`${seconds.length === 10 ? `${seconds} 00:00:00` : seconds}Z`);
  if (Number.isNaN(millis)) return -anyMoment;
  return BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

/**
 * What the lake may say of a table. A slice is as it is at the source now; or, where neither a time nor a number of
 * rows tells that it has changed, as it was when the lake was written last.
 */
export class ExpectedLake {
  readonly #table: ModelTable;
  /** How each slice may be in the lake, several where a run ended at an unknown point. */
  #known = new Map<string, ReadonlySet<string>>();
  /** By which ranges of the key, if by any, the slices of `#known` are. */
  #cuts: Cuts;
  #loaded: TableNow | undefined;
  #isShown = false;
  /** How many slices were found to be behind the source, as they may be. */
  behind = 0;

  constructor(table: ModelTable) {
    this.#table = table;
  }

  /** Whether readers are known to find what was loaded last. */
  get isShown(): boolean {
    return this.#isShown;
  }

  /** A run has ended well: throws where the lake is not as it has to be. */
  check(
    rows: readonly LakeRow[],
    now: TableNow,
    options: { readonly force: boolean; readonly unchanged: boolean },
  ): void {
    this.#cutKnown(now.cuts);
    const actual = group(this.#table, rows, now.cuts);
    const all = options.force || this.#mustReadAll(now);
    this.#compare(actual.slices, now, all);
    this.#known = new Map([...actual.slices].map(([key, text]) => [key, new Set([text])]));
    if (!options.unchanged) this.#loaded = now;
    this.#isShown = true;
  }

  /** A run has ended otherwise; readers see what it has published, or what was there before. */
  checkBetween(rows: readonly LakeRow[], now: TableNow): void {
    // Of other columns or slices nothing can be compared.
    const before = this.#loaded;
    if (!this.#isShown || before?.request !== now.request || before.format !== now.format) return;
    this.#cutKnown(now.cuts);
    this.#compare(group(this.#table, rows, now.cuts).slices, now, false, true);
  }

  /** A run has published the table, which readers may not see yet. */
  notePublished(now: TableNow, force: boolean): void {
    this.#cutKnown(now.cuts);
    const all = force || this.#mustReadAll(now);
    const keys = new Set([...(all ? [] : this.#known.keys()), ...now.slices.keys()]);
    this.#known = new Map(
      [...keys].map((key) => [key, new Set([...(all ? [] : this.#allowed(key)), now.slices.get(key) ?? ""])]),
    );
    this.#loaded = now;
    this.#isShown = false;
  }

  #mustReadAll(now: TableNow): boolean {
    const { incremental, reconcilesAlways, partitionBy } = this.#table;
    const before = this.#loaded;
    return (
      !incremental ||
      reconcilesAlways ||
      (partitionBy.length === 0 && (now.cuts === undefined || now.format === "csv")) ||
      before?.bound === undefined ||
      before.request !== now.request ||
      before.format !== now.format
    );
  }

  /** What was known by other ranges, by these: each has some rows of those it overlaps, in all the ways there are. */
  #cutKnown(cuts: Cuts): void {
    const before = this.#cuts;
    this.#cuts = cuts;
    if (this.#table.partitionBy.length > 0 || String(before) === String(cuts)) return;
    const known = new Map<string, ReadonlySet<string>>();
    for (const alternatives of this.#known.values()) {
      const parts = [...alternatives].map((text) => this.#cutText(text, cuts));
      for (const key of new Set(parts.flatMap((part) => [...part.keys()]))) {
        const ways = parts.map((part) => part.get(key) ?? "");
        const others = [...(known.get(key) ?? [""])];
        known.set(key, new Set(others.flatMap((other) => ways.map((way) => joinRows(other, way)))));
      }
    }
    this.#known = known;
  }

  #cutText(text: string, cuts: Cuts): Slices {
    const rows =
      text === "" ? [] : text.split("\n").map((row) => JSON.parse(row) as [string, string | null][]);
    return group(
      this.#table,
      rows.map((row) => Object.fromEntries(row)),
      cuts,
    ).slices;
  }

  #allowed(key: string): ReadonlySet<string> {
    return this.#known.get(key) ?? new Set([""]);
  }

  #compare(actual: Slices, now: TableNow, all: boolean, between = false): void {
    for (const key of new Set([...actual.keys(), ...now.slices.keys(), ...this.#known.keys()])) {
      const [found, fresh] = [actual.get(key) ?? "", now.slices.get(key) ?? ""];
      if (found === fresh) continue;
      const mustSee = all || (!between && this.#isSeen(key, now));
      if (!mustSee && this.#allowed(key).has(found)) {
        if (!between) this.behind++;
        continue;
      }
      throw new Error(
        `slice ${key} of ${this.#table.name}${mustSee ? " has to be seen" : ""}:\n` +
          `the lake has\n${found}\nand the source\n${fresh}\nbefore the lake had\n${[...this.#allowed(key)].join("\nor\n")}`,
      );
    }
  }

  #isSeen(key: string, now: TableNow): boolean {
    const latest = now.latest.get(key);
    if (latest !== undefined && latest >= (this.#loaded?.bound ?? -anyMoment)) return true;
    if (!this.#table.counted && now.cuts === undefined) return false;
    const rowsOf = (text: string): number => (text === "" ? 0 : text.split("\n").length);
    return [...this.#allowed(key)].every((text) => rowsOf(text) !== (now.rowCounts.get(key) ?? 0));
  }
}
