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
  readonly failed: number;
}

/** Loads many tables. One that fails is reported and does not stop the others. */
export async function loadLake(sources: readonly SourceToLoad[], context: LoadContext): Promise<LakeLoad> {
  const loaded: LoadedTable[] = [];
  let failed = 0;
  for (const source of sources) {
    const fail = (table: TableToLoad, error: unknown): void => {
      failed++;
      reportFailure(source.name, table.request.table, error, context);
    };
    const failRest = (tables: readonly TableToLoad[], cause: unknown): void => {
      failed += tables.length;
      const message = `The connection has been lost, and with it the moment at which all tables are read`;
      const error = new PanoramaError("SOURCE_UNREACHABLE", message, { source: source.name }, { cause });
      reportSourceFailure(source.name, tables, error, context);
    };
    let read = false;
    try {
      await using opened = await source.open();
      await using peers = await source.openPeers?.(opened);
      await using snapshot = await opened.openSnapshot(context.signal, peers);
      for (const message of snapshot.notices) {
        context.reporter.report({ kind: "notice", source: source.name, message });
      }
      const ofSource = await loadTables(source, snapshot, snapshot.shared ? peers : undefined, context, fail);
      loaded.push(...ofSource);
      read = true;
    } catch (error) {
      if (read) {
        // Only the closing failed: what was read of a snapshot is whole.
        const { message } = asPanoramaError(error, { source: source.name });
        context.reporter.report({ kind: "warning", source: source.name, message });
        continue;
      }
      failed += source.tables.length;
      reportSourceFailure(source.name, source.tables, error, context);
    }
  }
  return { loaded, failed };
}

async function loadTables(
  source: SourceToLoad,
  snapshot: Snapshot,
  peers: PeerReaders | undefined,
  context: LoadContext,
  fail: (table: TableToLoad, error: unknown) => void,
): Promise<readonly LoadedTable[]> {
  const loaded: LoadedTable[] = [];
  for (const table of source.tables) {
    try {
      loaded.push(await loadTable(snapshot, source.name, table, context, peers));
    } catch (error) {
      fail(table, error);
    }
  }
  return loaded;
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

function reportSourceFailure(source: SourceToLoad, error: unknown, { reporter, signal }: LoadContext): void {
  if (signal.aborted) signal.throwIfAborted();
  reporter.report({
    kind: "source-failed",
    source: source.name,
    tables: source.tables.map(({ request }) => request.table),
    error: asPanoramaError(error, { source: source.name }),
  });
}

function asPanoramaError(error: unknown, details: ErrorDetails): PanoramaError {
  if (error instanceof PanoramaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PanoramaError("BUG", `Loading ${details.table ?? details.source} failed: ${message}`, details, {
    cause: error,
  });
}
