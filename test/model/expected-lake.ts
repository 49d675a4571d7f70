import type { ModelTable } from "./model-table.ts";

export type LakeRow = Readonly<Record<string, string | null>>;
/** Rows by slice; those of a slice are one text, in the order of the whole row. */
type Slices = ReadonlyMap<string, string>;

/** What a table is at the moment of a run. */
export interface TableNow {
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
  { now, openMicros, format }: { readonly now: bigint; readonly openMicros: bigint; readonly format: string },
): TableNow {
  const expected = rows.map((row) => table.expected(row));
  const latest = new Map<string, bigint>();
  let last: bigint | undefined;
  rows.forEach((row, i) => {
    const key = sliceOf(table, expected[i] as LakeRow);
    const time = row[table.timeColumn];
    const micros = typeof time === "string" ? microsOf(time) : anyMoment;
    if (micros > (latest.get(key) ?? -anyMoment)) latest.set(key, micros);
    if (time !== null && micros <= now && micros > (last ?? -anyMoment)) last = micros;
  });
  const { slices, rowCounts } = group(table, expected);
  const bound = last === undefined ? undefined : last - table.overlapMicros - openMicros;
  return { slices, rowCounts, latest, bound, request: table.request, format };
}

function group(
  table: ModelTable,
  rows: readonly LakeRow[],
): { readonly slices: Slices; readonly rowCounts: ReadonlyMap<string, number> } {
  const texts = new Map<string, string[]>();
  for (const row of rows) {
    const text = JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
    const key = sliceOf(table, row);
    texts.set(key, [...(texts.get(key) ?? []), text]);
  }
  return {
    slices: new Map([...texts].map(([key, all]) => [key, all.sort().join("\n")])),
    rowCounts: new Map([...texts].map(([key, all]) => [key, all.length])),
  };
}

function sliceOf(table: ModelTable, row: LakeRow): string {
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
    const actual = group(this.#table, rows);
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
    this.#compare(group(this.#table, rows).slices, now, false, true);
  }

  /** A run has published the table, which readers may not see yet. */
  notePublished(now: TableNow, force: boolean): void {
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
      partitionBy.length === 0 ||
      before?.bound === undefined ||
      before.request !== now.request ||
      before.format !== now.format
    );
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
    if (!this.#table.counted) return false;
    const rowsOf = (text: string): number => (text === "" ? 0 : text.split("\n").length);
    return [...this.#allowed(key)].every((text) => rowsOf(text) !== (now.rowCounts.get(key) ?? 0));
  }
}
