import { type ErrorDetails, PanoramaError } from "../errors.ts";
import type { LoadedTable } from "../lake/plan-publication.ts";
import type { Snapshot, Source } from "../sources/source.ts";
import type { PeerReaders } from "./peer-readers.ts";
import { type LoadContext, loadTable } from "./load-table.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** One datasource and the tables that a run reads from it, all at one moment. */
export interface SourceToLoad {
  readonly name: string;
  /** Throws what keeps the source from being opened at all. */
  readonly open: () => Promise<Source>;
  readonly tables: readonly TableToLoad[];
  /** Further readers where they are worth it; undefined for none. */
  readonly openPeers?: (source: Source) => Promise<PeerReaders | undefined>;
}

export interface LakeLoad {
  readonly loaded: readonly LoadedTable[];
  /** Tables that the lake had already just as they are. */
  readonly unchanged: readonly TableToLoad[];
  readonly failed: number;
  /** Of those loaded, how many lack parts that could not be read, or have these as they were. */
  readonly incomplete: number;
}

/** Loads many tables. One that fails is reported and does not stop the others. */
export async function loadLake(sources: readonly SourceToLoad[], context: LoadContext): Promise<LakeLoad> {
  const loaded: LoadedTable[] = [];
  const unchanged: TableToLoad[] = [];
  let failed = 0;
  let incomplete = 0;
  for (const source of sources) {
    const read = await loadSource(source, context);
    loaded.push(...read.loaded);
    unchanged.push(...read.unchanged);
    failed += read.failed;
    incomplete += read.incomplete;
  }
  return { loaded, unchanged, failed, incomplete };
}

async function loadSource(source: SourceToLoad, context: LoadContext): Promise<LakeLoad> {
  let read: LakeLoad | undefined;
  try {
    await using opened = await source.open();
    await using peers = await source.openPeers?.(opened);
    await using snapshot = await opened.openSnapshot(context.signal, peers);
    for (const message of snapshot.notices) {
      context.reporter.report({ kind: "notice", source: source.name, message });
    }
    read = await loadTables(source, snapshot, snapshot.shared ? peers : undefined, context);
  } catch (error) {
    if (read === undefined) {
      reportSourceFailure(source.name, source.tables, error, context);
      return { loaded: [], unchanged: [], failed: source.tables.length, incomplete: 0 };
    }
    // Only the closing failed: what was read of a snapshot is whole.
    const { message } = asPanoramaError(error, { source: source.name });
    context.reporter.report({ kind: "warning", source: source.name, message });
  }
  return read;
}

async function loadTables(
  source: SourceToLoad,
  snapshot: Snapshot,
  peers: PeerReaders | undefined,
  context: LoadContext,
): Promise<LakeLoad> {
  const loaded: LoadedTable[] = [];
  const unchanged: TableToLoad[] = [];
  const absent: string[] = [];
  let failed = 0;
  let incomplete = 0;
  const names = source.tables.map(({ request }) => request.table);
  const marks = await snapshot.contentMarks?.(names);
  for (const [i, table] of source.tables.entries()) {
    try {
      const contentMark = marks?.get(table.request.table);
      const done = await loadTable(snapshot, source.name, table, context, { contentMark, peers });
      if (done === undefined) unchanged.push(table);
      else loaded.push(done.loaded);
      if (done?.incomplete) incomplete++;
    } catch (error) {
      if (error instanceof PanoramaError && error.code === "SOURCE_UNREACHABLE") {
        const rest = source.tables.slice(i);
        reportSourceFailure(source.name, rest, connectionLost(source.name, error), context);
        return { loaded, unchanged, failed: failed + rest.length, incomplete };
      }
      if (table.optional && error instanceof PanoramaError && error.code === "TABLE_MISSING") {
        absent.push(table.request.table);
        continue;
      }
      failed++;
      reportFailure(source.name, table.request.table, error, context);
    }
  }
  if (absent.length === source.tables.length && absent.length > 0) {
    // Rather the wrong database than a site without any table.
    const error = new PanoramaError("TABLE_MISSING", `None of these tables is in ${source.name}`);
    reportSourceFailure(source.name, source.tables, error, context);
    return { loaded, unchanged, failed: absent.length, incomplete };
  }
  if (absent.length > 0) {
    const message = `not there, or not to be read by this account, and left out: ${absent.join(", ")}`;
    context.reporter.report({ kind: "notice", source: source.name, message });
  }
  return { loaded, unchanged, failed, incomplete };
}

/** Another connection would read another moment. */
function connectionLost(source: string, cause: PanoramaError): PanoramaError {
  const message = "The connection has been lost, and with it the moment at which all tables are read";
  return new PanoramaError("SOURCE_UNREACHABLE", message, { source }, { cause });
}

function reportFailure(
  source: string,
  table: string,
  error: unknown,
  { reporter, signal }: LoadContext,
): void {
  // The run as a whole tells that it was stopped.
  if (signal.aborted) signal.throwIfAborted();
  reporter.report({ kind: "table-failed", source, table, error: asPanoramaError(error, { source, table }) });
}

function reportSourceFailure(
  source: string,
  tables: readonly TableToLoad[],
  error: unknown,
  { reporter, signal }: LoadContext,
): void {
  if (signal.aborted) signal.throwIfAborted();
  reporter.report({
    kind: "source-failed",
    source,
    tables: tables.map(({ request }) => request.table),
    error: asPanoramaError(error, { source }),
  });
}

function asPanoramaError(error: unknown, details: ErrorDetails): PanoramaError {
  if (error instanceof PanoramaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PanoramaError("BUG", `Loading ${details.table ?? details.source} failed: ${message}`, details, {
    cause: error,
  });
}
