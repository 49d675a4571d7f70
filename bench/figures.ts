/** One counted run of a contender. */
export interface CountedRun {
  readonly round: number;
  readonly seconds: number;
  readonly peakBytes: number | undefined;
}

export interface Measurements {
  readonly runs: ReadonlyMap<string, readonly CountedRun[]>;
  /** Peaks of one load each of the large table; empty when that part was left out. */
  readonly largePeaks: ReadonlyMap<string, number | undefined>;
  readonly largeRows: number;
  readonly partitions: number;
  readonly versionSeconds: readonly number[];
}

export interface Figure {
  readonly title: string;
  readonly unit: string;
  readonly must?: number;
  readonly aim?: number;
  /** Undefined when it could not be measured. */
  readonly value: number | undefined;
  readonly least?: number;
  readonly most?: number;
}

type Limits = Pick<Figure, "must" | "aim">;

/** The table, then what else was timed. Peaks are the highest of all runs, all else is a median. */
export function planFigures(measurements: Measurements): readonly Figure[] {
  const { runs, partitions, largeRows, largePeaks, versionSeconds } = measurements;
  const inPartitions = `in ${partitions} partitions`;
  const ratio = (title: string, name: string, limits: Limits, base: "dump" | "duckdb" = "dump"): Figure => ({
    title,
    unit: base === "dump" ? "D" : "× DuckDB",
    ...limits,
    ...spread(pairwiseRatios(runs.get(name) ?? [], runs.get(base) ?? [])),
  });
  const bucketTime = (title: string, name: string): Figure => {
    const ratios = pairwiseRatios(runs.get(`${name} to a bucket`) ?? [], runs.get(name) ?? []);
    return { title, unit: "% more", must: 25, ...spread(ratios.map((each) => (each - 1) * 100)) };
  };
  const bucketMemory = (title: string, name: string): Figure => {
    const [here, there] = [name, `${name} to a bucket`].map((each) => highest(peaksOf(runs, each)).value);
    return { title, unit: "MB more", must: 64, value: minus(there, here) };
  };
  const largeBucketMemory = (title: string, name: string): Figure => {
    const [here, there] = [name, `${name} to a bucket`].map((each) => largePeaks.get(each));
    const value = minus(there, here);
    return { title, unit: "MB more", must: 64, value: value === undefined ? undefined : value / 1e6 };
  };
  const peak = (title: string, name: string, limits: Limits): Figure => ({
    title,
    unit: "MB",
    ...limits,
    ...highest(peaksOf(runs, name)),
  });
  const growth = (title: string, name: string): Figure => {
    const [before, after] = [highest(peaksOf(runs, name)).value, largePeaks.get(name)];
    const value = before === undefined || after === undefined ? undefined : (after / 1e6 / before - 1) * 100;
    return { title, unit: "% more", must: 10, value };
  };
  const others = (figure: Figure): readonly Figure[] => (figure.value === undefined ? [] : [figure]);
  const large = `the same at ${spellRows(largeRows)} rows`;
  return [
    ratio("full load to published zstd Parquet", "parquet", { must: 1.0, aim: 0.6 }),
    ratio(`the same ${inPartitions} by \`course_id\``, "partitions", { must: 1.6, aim: 1.0 }),
    ratio("CSV", "csv", { must: 1.3, aim: 0.8 }),
    peak("peak memory of the process tree, unpartitioned", "parquet", { must: 350, aim: 250 }),
    peak(`peak memory of the process tree, ${inPartitions}`, "partitions", { must: 400, aim: 250 }),
    growth(`${large}, unpartitioned`, "parquet"),
    growth(`${large}, ${inPartitions}`, "partitions"),
    {
      title: "`panorama --version`, once built",
      unit: "ms",
      must: 150,
      ...spread(versionSeconds.map((each) => each * 1000)),
    },
    ...others(bucketTime("into a bucket of an S3 server beside, unpartitioned", "parquet")),
    ...others(bucketTime(`into a bucket, ${inPartitions}`, "partitions")),
    ...others(bucketMemory("memory for a bucket, unpartitioned", "parquet")),
    ...others(bucketMemory(`memory for a bucket, ${inPartitions}`, "partitions")),
    ...others(largeBucketMemory(`memory for a bucket at ${spellRows(largeRows)} rows`, "parquet")),
    ...others(
      largeBucketMemory(`memory for a bucket at ${spellRows(largeRows)} rows, ${inPartitions}`, "partitions"),
    ),
    ...others(ratio("full load beside DuckDB's mysql extension", "parquet", { must: 0.5 }, "duckdb")),
    ...others(ratio("DuckDB's mysql extension", "duckdb", {})),
    ...others(peak("peak memory of DuckDB", "duckdb", {})),
    ...others(peak("peak memory of CSV", "csv", {})),
    ...others(ratio("the original", "original", {})),
    ...others(ratio(`the original ${inPartitions}`, "original in partitions", {})),
    ...others(peak("peak memory of the original", "original", {})),
    ...others(peak(`peak memory of the original ${inPartitions}`, "original in partitions", {})),
  ];
}

export function verdictOf({ value, must, aim }: Figure): string {
  if (value === undefined) return "not measured";
  if (must === undefined) return "";
  if (value > must) return "MISSED";
  return aim !== undefined && value <= aim ? "ok, aim reached" : "ok";
}

/** A Markdown table, ready for docs/benchmarks.md. */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { title, unit, must, aim, value, least, most } = figure;
    const amount = (number: number | undefined): string => spellNumber(number, unit);
    const withUnit = (number: number | undefined): string =>
      number === undefined ? "" : `${amount(number)} ${unit}`;
    const range = least === undefined ? "" : `${amount(least)}–${amount(most)}`;
    const limit = must === undefined ? "" : `≤ ${withUnit(must)}`;
    return [title, limit, withUnit(aim), withUnit(value), range, verdictOf(figure)];
  });
  const lines = [
    ["figure", "must", "aim", "measured", "min–max", ""],
    ["---", "---", "---", "---", "---", "---"],
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function spread(values: readonly number[]): Pick<Figure, "value" | "least" | "most"> {
  if (values.length === 0) return { value: undefined };
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const value = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { value, least: sorted[0] ?? value, most: sorted.at(-1) ?? value };
}

export function spellRows(count: number): string {
  return count.toLocaleString("en-US");
}

/** Each run by the one of the same round: machines drift, and the two stood side by side. */
function pairwiseRatios(runs: readonly CountedRun[], bases: readonly CountedRun[]): readonly number[] {
  return runs.flatMap(({ round, seconds }) => {
    const base = bases.find((each) => each.round === round);
    return base === undefined ? [] : [seconds / base.seconds];
  });
}

function peaksOf(runs: Measurements["runs"], name: string): readonly number[] {
  return (runs.get(name) ?? []).flatMap(({ peakBytes }) =>
    peakBytes === undefined ? [] : [peakBytes / 1e6],
  );
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

function highest(values: readonly number[]): Pick<Figure, "value" | "least" | "most"> {
  const { least, most } = spread(values);
  return least === undefined || most === undefined ? { value: undefined } : { value: most, least, most };
}

function spellNumber(number: number | undefined, unit: string): string {
  if (number === undefined) return "";
  return unit === "D" || unit.startsWith("×") ? number.toFixed(2) : number.toFixed(0);
}
