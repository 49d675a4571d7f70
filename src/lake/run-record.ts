import type { RunEvent } from "../reports/reporter.ts";
import { countAt, listAt, objectAt, oneOfAt, parseOurs, textAt, timeAt } from "./json-fields.ts";
import { alterationAt } from "./manifest-format.ts";
import type { SchemaChange } from "../table/schema-changes.ts";

/** What one run did, written when it ends. */
export interface RunRecord {
  readonly run: string;
  readonly kind: "load" | "rollback" | "forget";
  /** ISO 8601, UTC, as all times here. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** When readers saw what it did; undefined when it published nothing. */
  readonly publishedAt?: string;
  /** `unchanged`: there was nothing to publish. `failed`: nothing was published because something went wrong. */
  readonly ended: "published" | "unchanged" | "failed";
  /** The code of the error that the run as a whole ended with, if it did; it may have published all the same. */
  readonly error?: string;
  /** The run that a rollback went back to. */
  readonly to?: string;
  /** How long reading has waited for sources that had more to do than `max_load` allows; undefined for not at all. */
  readonly pausedMillis?: number;
  readonly tables: readonly TableRecord[];
  /** How the lake was when the run ended; undefined when that is not known. */
  readonly lake?: LakeState;
}

/** Which loads a lake consists of. */
export interface LakeState {
  /** Of the manifest: what has a higher one came later. */
  readonly generation: number;
  /** The run that loaded each table, by the table's name. */
  readonly runs: Readonly<Record<string, string>>;
}

/** What became of one table in a run. */
export type TableRecord =
  | ({ readonly ended: "loaded" } & LoadRecord)
  | { readonly ended: "unchanged"; readonly table: string; readonly source: string }
  | {
      readonly ended: "failed";
      readonly table: string;
      readonly source: string;
      readonly error: string;
      /** Those of its columns that it was not loaded for. */
      readonly schemaChanges?: readonly SchemaChange[];
    }
  /** By a rollback; `run` is the one that had loaded it, undefined for a table that nothing was loaded into then. */
  | { readonly ended: "restored"; readonly table: string; readonly source: string; readonly run?: string }
  | ({ readonly ended: "forgotten" } & ForgottenRows);

/** What a run that forgets people has done to a table. */
export interface ForgottenRows {
  readonly table: string;
  readonly source: string;
  /** Rows that the table had, and has no more. */
  readonly rows: number;
  /** Slices that were written anew, or have gone with their last row. */
  readonly slices: number;
  /** Files that are not there any more, those of kept versions included. */
  readonly files: number;
  /** The runs whose versions of the table were kept, and cannot come back any more. */
  readonly versions: readonly string[];
}

/** What the run has told of the table, and how its columns changed. */
export interface LoadRecord extends Omit<RunEvent & { readonly kind: "table-loaded" }, "kind"> {
  readonly schemaChanges: readonly SchemaChange[];
  /** How the columns at the source differed from those that the lake kept. */
  readonly ignoredChanges?: readonly SchemaChange[];
}

const formatName = "panorama-run";
const formatVersion = 1;

export function spellRecord(record: RunRecord): string {
  const { tables, lake, ...head } = record;
  const opening = JSON.stringify({ format: formatName, version: formatVersion, ...head, lake });
  return `${opening.slice(0, -1)},"tables":[\n${tables.map((table) => JSON.stringify(table)).join(",\n")}\n]}\n`;
}

/** Reads what `spellRecord` wrote. Throws `LAKE_UNREADABLE`, with a message that lacks the name of the file. */
export function parseRecord(text: string): RunRecord {
  const root = parseOurs(text, formatName, formatVersion);
  const { publishedAt, error, to, pausedMillis, lake } = root;
  return {
    run: textAt("run", root["run"]),
    kind: oneOfAt("kind", root["kind"], ["load", "rollback", "forget"]),
    startedAt: timeAt("startedAt", root["startedAt"]),
    endedAt: timeAt("endedAt", root["endedAt"]),
    ...(publishedAt === undefined ? {} : { publishedAt: timeAt("publishedAt", publishedAt) }),
    ended: oneOfAt("ended", root["ended"], ["published", "unchanged", "failed"]),
    ...(error === undefined ? {} : { error: textAt("error", error) }),
    ...(to === undefined ? {} : { to: textAt("to", to) }),
    ...(pausedMillis === undefined ? {} : { pausedMillis: countAt("pausedMillis", pausedMillis) }),
    tables: listAt("tables", root["tables"], tableAt),
    ...(lake === undefined ? {} : { lake: stateAt("lake", lake) }),
  };
}

function stateAt(path: string, value: unknown): LakeState {
  const from = objectAt(path, value);
  const runs = Object.entries(objectAt(`${path}.runs`, from["runs"]));
  return {
    generation: countAt(`${path}.generation`, from["generation"]),
    runs: Object.fromEntries(runs.map(([table, run]) => [table, textAt(`${path}.runs`, run)])),
  };
}

function tableAt(path: string, value: unknown): TableRecord {
  const from = objectAt(path, value);
  const named = {
    table: textAt(`${path}.table`, from["table"]),
    source: textAt(`${path}.source`, from["source"]),
  };
  const { run } = from;
  const ended = oneOfAt(`${path}.ended`, from["ended"], [
    ...(["loaded", "unchanged", "failed", "restored", "forgotten"] as const),
  ]);
  switch (ended) {
    case "loaded":
      return { ended, ...named, ...loadAt(path, from) };
    case "unchanged":
      return { ended, ...named };
    case "failed":
      return {
        ...{ ended, ...named, error: textAt(`${path}.error`, from["error"]) },
        ...optionalChanges(path, from, "schemaChanges"),
      };
    case "restored":
      return { ended, ...named, ...(run === undefined ? {} : { run: textAt(`${path}.run`, run) }) };
    case "forgotten":
      return { ended, ...named, ...forgottenAt(path, from) };
  }
}

function loadAt(path: string, from: Readonly<Record<string, unknown>>): Omit<LoadRecord, "table" | "source"> {
  const count = (name: string): number => countAt(`${path}.${name}`, from[name]);
  return {
    strategy: oneOfAt(`${path}.strategy`, from["strategy"], ["full", "slices", "merge"]),
    ...(from["reason"] === undefined ? {} : { reason: textAt(`${path}.reason`, from["reason"]) }),
    rows: count("rows"),
    bytes: count("bytes"),
    files: count("files"),
    slices: count("slices"),
    keptSlices: count("keptSlices"),
    millis: count("millis"),
    alterations: listAt(`${path}.alterations`, from["alterations"], alterationAt),
    schemaChanges: listAt(`${path}.schemaChanges`, from["schemaChanges"], schemaChangeAt),
    ...optionalChanges(path, from, "ignoredChanges"),
  };
}

function optionalChanges<Name extends string>(
  path: string,
  from: Readonly<Record<string, unknown>>,
  name: Name,
): { readonly [Key in Name]?: readonly SchemaChange[] } {
  if (from[name] === undefined) return {};
  return { [name]: listAt(`${path}.${name}`, from[name], schemaChangeAt) } as {
    readonly [Key in Name]: readonly SchemaChange[];
  };
}

function forgottenAt(
  path: string,
  from: Readonly<Record<string, unknown>>,
): Omit<ForgottenRows, "table" | "source"> {
  return {
    rows: countAt(`${path}.rows`, from["rows"]),
    slices: countAt(`${path}.slices`, from["slices"]),
    files: countAt(`${path}.files`, from["files"]),
    versions: listAt(`${path}.versions`, from["versions"], textAt),
  };
}

function schemaChangeAt(path: string, value: unknown): SchemaChange {
  const object = objectAt(path, value);
  const { from, to } = object;
  return {
    column: textAt(`${path}.column`, object["column"]),
    change: oneOfAt(`${path}.change`, object["change"], ["added", "gone", "retyped", "redefined"]),
    ...(from === undefined ? {} : { from: textAt(`${path}.from`, from) }),
    ...(to === undefined ? {} : { to: textAt(`${path}.to`, to) }),
  };
}
