import { type ErrorDetails, PanoramaError } from "../errors.ts";
import type { LoadedTable } from "../lake/plan-publication.ts";
import { discardRun } from "../lake/retention.ts";
import type { Snapshot, Source } from "../sources/source.ts";
import type { PeerReaders } from "./peer-readers.ts";
import { isSlowToCount } from "./load-key-ranges.ts";
import { type LoadContext, loadTable } from "./load-table.ts";
import { isUnreachable, untilReachable } from "./until-reachable.ts";
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

/** How often a source is read anew whose connection was lost. */
const mostAgain = 2;

/** What was read of a source at one moment. */
interface SourceRead {
  readonly load: LakeLoad;
  /** Optional tables that the source does not have. */
  readonly absent: readonly string[];
  /** Where the connection was lost; undefined where it held. */
  readonly lost?: LostConnection;
}

interface LostConnection {
  readonly error: unknown;
  /** The table that was being read, and those after it. */
  readonly rest: readonly TableToLoad[];
  /** Whether all tables are worth reading at another moment. */
  readonly worthAgain: boolean;
}

const nothing: LakeLoad = { loaded: [], unchanged: [], failed: 0, incomplete: 0 };

/**
 * Loads the tables of one source, all as they were at one moment. When the connection is lost, that moment is: all are
 * read anew at another one, as soon as the server answers, and nothing is kept of what was read before.
 */
async function loadSource(source: SourceToLoad, context: LoadContext): Promise<LakeLoad> {
  let read: SourceRead;
  try {
    read = await readSource(source, context);
  } catch (error) {
    return failSource(source, error, context);
  }
  for (let again = 0; read.lost?.worthAgain === true && again < mostAgain; again++) {
    const [table] = read.lost.rest;
    const message = `the connection was lost at ${table?.request.table}: all tables are to be read anew, at another moment`;
    context.reporter.report({ kind: "warning", source: source.name, message });
    let discarded = false;
    const discard = async (): Promise<void> => {
      discarded = true;
      const names = source.tables.map(({ request }) => request.table);
      await discardRun(context.store, context.place, context.details.run, names);
    };
    try {
      read = await untilReachable(() => readSource(source, context, discard), context);
    } catch (cause) {
      if (discarded) return failSource(source, cause, context);
      context.signal.throwIfAborted();
      const { message } = asPanoramaError(cause, { source: source.name });
      context.reporter.report({ kind: "warning", source: source.name, message: `not read anew: ${message}` });
      break;
    }
  }
  return endSource(source, read, context);
}

/** Tells which tables are not there, and which have failed with the connection. */
function endSource(source: SourceToLoad, { load, absent, lost }: SourceRead, context: LoadContext): LakeLoad {
  if (absent.length > 0 && absent.length === source.tables.length) {
    // Rather the wrong database than a site without any table.
    const error = new PanoramaError("TABLE_MISSING", `None of these tables is in ${source.name}`);
    return failSource(source, error, context);
  }
  if (absent.length > 0) {
    const message = `not there, or not to be read by this account, and left out: ${absent.join(", ")}`;
    context.reporter.report({ kind: "notice", source: source.name, message });
  }
  return lost === undefined ? load : failRest(source, load, lost, context);
}

/**
 * Opens the source, and reads its tables. Throws what keeps it from being opened. `onOpened` is called when the new
 * moment is there, before the first table is read.
 */
async function readSource(
  source: SourceToLoad,
  context: LoadContext,
  onOpened: () => Promise<void> = async () => undefined,
): Promise<SourceRead> {
  let read: SourceRead | undefined;
  try {
    await using opened = await source.open();
    await using peers = await source.openPeers?.(opened);
    const { known, rowsPerRange } = context;
    const asksBeside = source.tables.some(({ request }) =>
      isSlowToCount(known.get(request.table), rowsPerRange),
    );
    await using snapshot = await opened.openSnapshot(context.signal, peers, asksBeside);
    const marks = await snapshot.contentMarks?.(source.tables.map(({ request }) => request.table));
    for (const message of snapshot.notices) {
      context.reporter.report({ kind: "notice", source: source.name, message });
    }
    await onOpened();
    read = await loadTables(source, snapshot, marks, snapshot.shared ? peers : undefined, context);
  } catch (error) {
    if (read === undefined) throw error;
    // Only the closing failed: what was read of a snapshot is whole.
    if (read.lost !== undefined) return read;
    const { message } = asPanoramaError(error, { source: source.name });
    context.reporter.report({ kind: "warning", source: source.name, message });
  }
  return read;
}

async function loadTables(
  source: SourceToLoad,
  snapshot: Snapshot,
  marks: ReadonlyMap<string, string> | undefined,
  peers: PeerReaders | undefined,
  context: LoadContext,
): Promise<SourceRead> {
  const loaded: LoadedTable[] = [];
  const unchanged: TableToLoad[] = [];
  const absent: string[] = [];
  let failed = 0;
  let incomplete = 0;
  for (const [i, table] of source.tables.entries()) {
    const name = table.request.table;
    try {
      const contentMark = marks?.get(name);
      const done = await loadTable(snapshot, source.name, table, context, { contentMark, peers });
      if (done === undefined) unchanged.push(table);
      else loaded.push(done.loaded);
      if (done?.incomplete) incomplete++;
    } catch (error) {
      context.signal.throwIfAborted();
      if (table.optional && isMissing(error)) {
        absent.push(name);
        continue;
      }
      // Of several readers, some may have written theirs before one failed. What stays, the next run collects.
      await discardRun(context.store, context.place, context.details.run, [name]).catch(() => undefined);
      const worthAgain = await isMomentLost(snapshot, peers, error);
      if (worthAgain || isUnreachable(error)) {
        const lost = { error, rest: source.tables.slice(i), worthAgain };
        return { load: { loaded, unchanged, failed, incomplete }, absent, lost };
      }
      failed++;
      reportFailure(source.name, name, error, context);
    }
  }
  return { load: { loaded, unchanged, failed, incomplete }, absent };
}

/** Whether the tables can be read at another moment only, because the connection is gone. */
async function isMomentLost(
  snapshot: Snapshot,
  peers: PeerReaders | undefined,
  error: unknown,
): Promise<boolean> {
  if (snapshot.isLost === undefined) return false;
  if (isUnreachable(error)) return true;
  const ended = error instanceof PanoramaError && /^SOURCE_(CUT_SHORT|FAILED)$/.test(error.code);
  return ended && (peers?.isLost(error) === true || (await snapshot.isLost()));
}

function isMissing(error: unknown): boolean {
  return error instanceof PanoramaError && error.code === "TABLE_MISSING";
}

function failSource(source: SourceToLoad, error: unknown, context: LoadContext): LakeLoad {
  reportSourceFailure(source.name, source.tables, error, context);
  return { ...nothing, failed: source.tables.length };
}

/** Tells of the table that was being read, and of those after it, and counts them as failed. */
function failRest(
  { name }: SourceToLoad,
  { loaded, unchanged, failed, incomplete }: LakeLoad,
  { error, rest }: LostConnection,
  context: LoadContext,
): LakeLoad {
  const [first] = rest;
  const cutShort = first !== undefined && !isUnreachable(error);
  if (cutShort) reportFailure(name, first.request.table, error, context);
  const others = cutShort ? rest.slice(1) : rest;
  if (others.length > 0) reportSourceFailure(name, others, connectionLost(name, error), context);
  return { loaded, unchanged, failed: failed + rest.length, incomplete };
}

/** Another connection would read another moment. */
function connectionLost(source: string, cause: unknown): PanoramaError {
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
