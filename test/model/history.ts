import fc from "fast-check";

/** What a time field is given: the table's clock moved on, or a time that tells little. */
export type Time = "next" | "latest" | "late" | "old" | "past" | "future" | "none" | "zero";

/** One change of one table. `row`, `part` and `value` are taken modulo what there is. */
export type Change =
  | {
      readonly change: "insert";
      readonly part: number;
      readonly value: number;
      readonly time: Time;
      readonly open: boolean;
    }
  | {
      readonly change: "update";
      readonly row: number;
      readonly value: number;
      /** undefined leaves the field alone. */
      readonly time: Time | undefined;
      /** The slice that the row moves to. */
      readonly part: number | undefined;
      /** Done by a transaction that commits later. */
      readonly open: boolean;
    }
  /** The row gets a key above or below all others, perhaps behind a hole. */
  | { readonly change: "rekey"; readonly row: number; readonly value: number }
  | { readonly change: "delete"; readonly row: number; readonly open: boolean }
  | { readonly change: "empty-slice"; readonly row: number }
  | { readonly change: "empty" | "truncate" }
  | { readonly change: "alter"; readonly how: Alteration; readonly value: number }
  | { readonly change: "configure"; readonly how: Configuration };

export type Alteration = "add" | "drop" | "widen" | "rename" | "swap" | "replace" | "index";
export type Configuration = "fields" | "interval" | "reconcile" | "timestamp" | "partitions" | "constant";

export interface TableShape {
  readonly partitionBy: readonly ("part" | "section")[];
  /** Said where it has no partitions and its files are Parquet. */
  readonly strategy: "auto" | "merge";
  readonly indexed: boolean;
  readonly timeType: "datetime(6)" | "datetime" | "timestamp(6)" | "date";
  /** The settings list the fields, perhaps with a constant in place of one. */
  readonly fields: "all" | "listed" | "constant";
  readonly overlap: boolean;
  /** Times are the server's, or of a clock of the table's own in the past. */
  readonly serverClock: boolean;
}

/** What becomes of a run. Events and operations are counted from 0. */
export type Fate =
  | { readonly fate: "ends" }
  /** Does not take place: nobody started it. */
  | { readonly fate: "skipped" }
  | { readonly fate: "doubled" }
  | { readonly fate: "stopped"; readonly atEvent: number }
  | { readonly fate: "loses-disk"; readonly atOperation: number }
  | { readonly fate: "killed"; readonly atOperation: number }
  | { readonly fate: "loses-server"; readonly atEvent: number };

export interface RunPlan {
  readonly fate: Fate;
  /** Comes so late after the changes that the server's notes of them are believed. */
  readonly settled: boolean;
  readonly force: boolean;
  /** What becomes of the open transaction before the run. */
  readonly open: "stays" | "commit" | "rollback";
  readonly otherFormat: boolean;
  /** Rows are written while the run is under way. */
  readonly busy: boolean;
}

export interface TableHistory {
  readonly shape: TableShape;
  /** Changes before each run. */
  readonly changes: readonly (readonly Change[])[];
}

/** Tables of one lake that live through the same runs. */
export interface History {
  readonly runs: readonly RunPlan[];
  readonly tables: readonly TableHistory[];
}

/** Plain objects, which failures print plainly. */
function record<Values>(
  arbitraries: {
    [Key in keyof Values]: fc.Arbitrary<Values[Key]>;
  },
): fc.Arbitrary<Values> {
  return fc.record(arbitraries, { noNullPrototype: true });
}

const small = fc.nat({ max: 30 });
const time: fc.Arbitrary<Time> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Time>("next") },
  { weight: 3, arbitrary: fc.constantFrom<Time>("latest", "late", "old", "past", "future", "none", "zero") },
);
const open = fc.oneof(
  { weight: 5, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 8,
    arbitrary: record({
      change: fc.constant("insert" as const),
      ...{ part: small, value: small, time, open },
    }),
  },
  {
    weight: 8,
    arbitrary: record({
      change: fc.constant("update" as const),
      row: small,
      value: small,
      time: fc.option(time, { nil: undefined, freq: 6 }),
      part: fc.option(small, { nil: undefined, freq: 1 }),
      open,
    }),
  },
  { weight: 3, arbitrary: record({ change: fc.constant("delete" as const), row: small, open }) },
  { weight: 1, arbitrary: record({ change: fc.constant("rekey" as const), row: small, value: small }) },
  { weight: 1, arbitrary: record({ change: fc.constant("empty-slice" as const), row: small }) },
  { weight: 1, arbitrary: record({ change: fc.constantFrom("empty" as const, "truncate" as const) }) },
  {
    weight: 2,
    arbitrary: record({
      change: fc.constant("alter" as const),
      how: fc.constantFrom<Alteration>("add", "drop", "widen", "rename", "swap", "replace", "index"),
      value: small,
    }),
  },
  {
    weight: 1,
    arbitrary: record({
      change: fc.constant("configure" as const),
      how: fc.constantFrom<Configuration>(
        ...(["fields", "interval", "reconcile", "timestamp", "partitions", "constant"] as const),
      ),
    }),
  },
);

const shape: fc.Arbitrary<TableShape> = record({
  partitionBy: fc.constantFrom<TableShape["partitionBy"]>(
    ...([["part"], ["part"], ["section"], ["part", "section"], ["part", "section"], [], [], []] as const),
  ),
  strategy: fc.constantFrom("merge", "merge", "auto"),
  indexed: fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  timeType: fc.constantFrom<TableShape["timeType"]>("datetime(6)", "datetime", "timestamp(6)", "date"),
  fields: fc.constantFrom<TableShape["fields"]>("all", "all", "listed", "listed", "constant"),
  overlap: fc.boolean(),
  serverClock: fc.boolean(),
});

const atOperation = fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 400 }));
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>({ fate: "ends" }) },
  { weight: 1, arbitrary: fc.constant<Fate>({ fate: "skipped" }) },
  { weight: 1, arbitrary: fc.constant<Fate>({ fate: "doubled" }) },
  {
    weight: 1,
    arbitrary: record({ fate: fc.constant("stopped" as const), atEvent: fc.nat({ max: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: record({ fate: fc.constant("loses-disk" as const), atOperation }),
  },
  { weight: 1, arbitrary: record({ fate: fc.constant("killed" as const), atOperation }) },
  {
    weight: 1,
    arbitrary: record({ fate: fc.constant("loses-server" as const), atEvent: fc.nat({ max: 12 }) }),
  },
);

const runPlan: fc.Arbitrary<RunPlan> = record({
  fate,
  settled: fc.constant(false),
  force: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  open: fc.oneof(
    { weight: 2, arbitrary: fc.constant("stays" as const) },
    { weight: 2, arbitrary: fc.constant("commit" as const) },
    { weight: 1, arbitrary: fc.constant("rollback" as const) },
  ),
  otherFormat: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  busy: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

export interface HistoryOptions {
  readonly tables: number;
  readonly runs: number;
  /** Changes of a table between two runs, at most. */
  readonly changes: number;
  /** Every second run comes after the changes have settled. */
  readonly settling: boolean;
}

/** The first two runs are plain, so that in the second one tables can be left alone. */
function settle(plan: RunPlan, run: number): RunPlan {
  const settled = run % 2 === 0;
  if (run > 1) return { ...plan, settled };
  return {
    settled,
    fate: { fate: "ends" },
    force: false,
    open: "commit",
    otherFormat: false,
    busy: plan.busy,
  };
}

/** Histories of as many tables and runs, which shrink to fewer. */
export function histories({ tables, runs, changes, settling }: HistoryOptions): fc.Arbitrary<History> {
  const bounds = { minLength: runs, maxLength: runs };
  const table = record({
    shape,
    changes: fc.array(fc.array(change, { maxLength: changes, size: "max" }), bounds),
  });
  const plans = fc.array(runPlan, { minLength: 2, maxLength: runs, size: "max" });
  return record({
    runs: settling ? plans.map((all) => all.map(settle)) : plans,
    tables: fc.array(table, { minLength: 1, maxLength: tables, size: "max" }),
  });
}
