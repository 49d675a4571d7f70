import { PanoramaError } from "../errors.ts";
import { describeState, readState, saveRecord } from "../lake/history.ts";
import type { LakeManifest } from "../lake/manifest.ts";
import type { LoadedTable } from "../lake/plan-publication.ts";
import { saveReplacedTables } from "../lake/replaced-tables.ts";
import type { LakeState, RunRecord, TableRecord } from "../lake/run-record.ts";
import { planSchemaChanges, type SchemaChange } from "../table/schema-changes.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter, RunEvent } from "../reports/reporter.ts";

/** What a run does, collected while it does it. */
export interface RunBook {
  /** To be told all that the run tells; passes it on. */
  readonly reporter: Reporter;
  /** Notes how the lake is, now that there is nothing more to publish. */
  stays(lake: LakeManifest): void;
  /** Notes that the tables were published, and how the lake is with them. */
  published(began: LakeManifest, tables: readonly LoadedTable[], lake: LakeManifest): void;
  /** Writes the record of a run that ended, with `error` if it did. Never throws: tells when it cannot be written. */
  save(error?: unknown): Promise<void>;
}

export function openRunBook(
  { store, place }: OpenedLake,
  run: string,
  started: Date,
  reporter: Reporter,
  signal: AbortSignal,
): RunBook {
  /** By source and table: of one that was read anew, the last says how it ended. */
  const tables = new Map<string, TableRecord>();
  let pausedMillis = 0;
  const schemaChanges = new Map<string, readonly SchemaChange[]>();
  /** Which the lake does not follow. */
  const otherChanges = new Map<string, readonly SchemaChange[]>();
  let state: LakeState | undefined;
  let publishedAt: string | undefined;
  return {
    reporter: {
      report(event) {
        for (const record of recordOf(event)) tables.set(`${record.source}\0${record.table}`, record);
        if (event.kind === "schema-changed" && event.handling !== "followed") {
          otherChanges.set(event.table, event.changes);
        }
        if (event.kind === "notice") pausedMillis += event.pausedMillis ?? 0;
        reporter.report(event);
      },
      close: () => reporter.close(),
    },
    stays(lake) {
      state = describeState(lake);
    },
    published(began, loaded, lake) {
      publishedAt = new Date().toISOString();
      state = describeState(lake);
      for (const { schema } of loaded) {
        const before = began.tables.get(schema.table);
        if (before?.load === undefined) continue;
        schemaChanges.set(schema.table, planSchemaChanges(before.columns, schema.columns));
      }
    },
    async save(error) {
      if (error !== undefined && publishedAt === undefined) {
        const found = await findPublication({ store, place }, run);
        state = found ?? state;
        publishedAt = found && new Date().toISOString();
      }
      const failed = error !== undefined || [...tables.values()].some(({ ended }) => ended === "failed");
      await saveOrTell(
        { store, place },
        {
          run,
          kind: "load",
          startedAt: started.toISOString(),
          endedAt: new Date().toISOString(),
          ...(publishedAt === undefined ? {} : { publishedAt }),
          ended: publishedAt === undefined ? (failed ? "failed" : "unchanged") : "published",
          ...(error === undefined ? {} : { error: codeOf(error, signal) }),
          ...(pausedMillis === 0 ? {} : { pausedMillis }),
          tables: [...tables.values()].map((table) =>
            withChanges(table, schemaChanges.get(table.table) ?? [], otherChanges.get(table.table)),
          ),
          ...(state === undefined ? {} : { lake: state }),
        },
        reporter,
      );
    },
  };
}

/** How the lake is, if `run` has published: what failed may have failed after the manifest was saved. */
export async function findPublication(
  { store, place }: Pick<OpenedLake, "store" | "place">,
  run: string,
): Promise<LakeState | undefined> {
  const state = await readState(store, place).catch(() => undefined);
  return state !== undefined && Object.values(state.runs).includes(run) ? state : undefined;
}

/** A run is worth no less for lack of a record. */
export async function saveOrTell(
  { store, place }: Pick<OpenedLake, "store" | "place">,
  record: RunRecord,
  reporter: Reporter,
): Promise<void> {
  try {
    await saveRecord(store, place, record);
  } catch (cause) {
    if (!(cause instanceof PanoramaError)) throw cause;
    const message = `the record of run ${record.run} cannot be kept, so that history lacks it: ${cause.message}`;
    reporter.report({ kind: "warning", message });
  }
}

/** Notes what a run is about to replace, so that it can come back. A run is worth no less without. */
export async function keepReplaced(
  { store, place }: OpenedLake,
  run: string,
  began: LakeManifest,
  tables: readonly string[],
  now: Date,
  reporter: Reporter,
): Promise<void> {
  try {
    await saveReplacedTables(store, place, run, began, tables, now);
  } catch (cause) {
    if (!(cause instanceof PanoramaError)) throw cause;
    const message = `what is replaced cannot be noted, so that a rollback cannot bring it back: ${cause.message}`;
    reporter.report({ kind: "warning", message });
  }
}

function recordOf(event: RunEvent): readonly TableRecord[] {
  if (event.kind === "table-loaded") {
    const { table, source, strategy, rows, bytes, files, slices, keptSlices, millis, alterations } = event;
    const why = event.reason === undefined ? {} : { reason: event.reason };
    const read = { strategy, ...why, rows, bytes, files, slices, keptSlices, millis };
    return [{ ended: "loaded", table, source, ...read, alterations, schemaChanges: [] }];
  }
  if (event.kind === "table-unchanged") {
    return [{ ended: "unchanged", table: event.table, source: event.source }];
  }
  if (event.kind === "table-failed") return [failed(event.source, event.table, event.error)];
  if (event.kind === "source-failed") {
    return event.tables.map((table) => failed(event.source, table, event.error));
  }
  return [];
}

function withChanges(
  table: TableRecord,
  followed: readonly SchemaChange[],
  others: readonly SchemaChange[] | undefined,
): TableRecord {
  if (table.ended === "loaded") {
    return { ...table, schemaChanges: followed, ...(others && { ignoredChanges: others }) };
  }
  return table.ended === "failed" && others !== undefined ? { ...table, schemaChanges: others } : table;
}

function failed(source: string, table: string, error: PanoramaError): TableRecord {
  return { ended: "failed", table, source, error: error.code };
}

/** The code for the record of a run that ended with `error`. */
export function codeOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof PanoramaError) return error.code;
  return signal.aborted ? "INTERRUPTED" : "BUG";
}
