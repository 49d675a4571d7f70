import type { Encoder, FileDetails } from "../encoders/encoder.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import type { LoadedTable } from "../lake/plan-publication.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { Snapshot, TableReading } from "../sources/source.ts";
import type { LakePlace } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import { PanoramaError } from "../errors.ts";
import type { CheckExtent } from "./check-sample.ts";
import type { TableToLoad } from "./table-to-load.ts";
import { assertNotRefused, openTableToLoad, tellSchemaChanges } from "./open-table-to-load.ts";
import { type ChosenStrategy, chooseStrategy } from "./choose-strategy.ts";
import { loadPlanned } from "./load-planned.ts";
import type { LoadedRows } from "./load-rows.ts";
import type { PeerReaders } from "./peer-readers.ts";
import { planLoad } from "./plan-load.ts";

/** Where a run's tables go, and who is told. */
export interface LoadContext {
  readonly encoder: Encoder;
  readonly store: Store;
  readonly place: LakePlace;
  readonly details: FileDetails;
  readonly check: CheckExtent;
  /** What catalogs are to show of the tables from here on; undefined leaves that as it is. */
  readonly define: LoadedTable["define"];
  /** The lake's tables as they are now, of which those that are unchanged are not loaded again. */
  readonly known: ReadonlyMap<string, ManifestTable>;
  /** Whether all rows of a table are loaded, whatever the lake has; asked by the raw table's name. */
  readonly forced?: (rawName: string) => boolean;
  /** As of `Catalog`. */
  readonly readsFolders?: boolean;
  /** As of `StrategyRequest`. */
  readonly rowsPerRange?: number | undefined;
  readonly reporter: Reporter;
  /** Told now and then while rows are read. */
  readonly onProgress?: () => void;
  readonly signal: AbortSignal;
  /** How long a server is waited for whose connection was lost, in milliseconds; five minutes if undefined. */
  readonly reopenMillis?: number;
}

/** What a source can say of a table besides its rows, and who else reads them. */
export interface TableReaders {
  /** As of `Snapshot.contentMarks`. */
  readonly contentMark: string | undefined;
  readonly peers: PeerReaders | undefined;
}

/** A table whose files are there. */
export interface TableLoad {
  readonly loaded: LoadedTable;
  /** True when parts of it could not be read; each has been told by a warning. */
  readonly incomplete: boolean;
}

/**
 * Reads one table, encodes it and puts its files, which no reader sees before the run is published. Reads nothing and
 * resolves to undefined when the lake has it already.
 */
export async function loadTable(
  snapshot: Snapshot,
  source: string,
  asked: TableToLoad,
  context: LoadContext,
  { contentMark, peers }: TableReaders,
): Promise<TableLoad | undefined> {
  const { reporter, encoder } = context;
  const name = asked.request.table;
  const started = performance.now();
  const previous = context.known.get(name);
  const opened = await openTableToLoad(snapshot, asked, previous);
  const { reading, table } = opened;
  assertNotRefused(opened, source, reporter);
  assertPartitionColumns(reading, table, source);
  const warn = newWarnings(reading, source, name, reporter);
  warn();
  const loadedAt = new Date();
  const { place, readsFolders = false, rowsPerRange } = context;
  const forced = context.forced?.(table.rawName) ?? false;
  const request = { previous, reading, table, format: encoder.format, readsFolders };
  const chosen = chooseStrategy({ ...request, rowsPerRange });
  const plan = planLoad({ ...request, chosen, place, contentMark, forced, now: loadedAt });
  if (plan.strategy === "unchanged") {
    reporter.report({ kind: "table-unchanged", table: name, source });
    return undefined;
  }
  reporter.report({ kind: "table-started", table: name, source, estimatedRows: reading.estimatedRowCount });
  tellSchemaChanges(opened, source, reporter);
  const { field } = table.incremental ?? {};
  // Of the snapshot, so that it is the same before and after the rows are read.
  const watermark = field && (await reading.watermark?.(field));
  const at = { reading, table, chosen, watermark, context, peers };
  const { loaded, slices, rowCount, alterations, fullAt, told } = await loadPlanned(at, plan);
  const impossible = whyNotAsSet(table, chosen) ?? whyNotAsSet(table, told);
  if (impossible !== undefined) {
    reporter.report({ kind: "warning", source, table: name, message: impossible });
  }
  warn();
  reporter.report({
    kind: "table-loaded",
    table: name,
    source,
    ...sizesOf(loaded),
    ...told,
    millis: Math.round(performance.now() - started),
    alterations,
  });
  return {
    loaded: {
      schema: reading.schema,
      partitionColumns: table.partitionColumns,
      format: encoder.format,
      rawName: table.rawName,
      viewName: table.viewName,
      define: context.define,
      loadedAt: loadedAt.toISOString(),
      fullAt: fullAt ?? loadedAt.toISOString(),
      ...marksOf(table, reading),
      ...(reading.definition === undefined ? {} : { definition: reading.definition }),
      ...(contentMark === undefined ? {} : { content: contentMark }),
      ...(field === undefined || watermark === undefined
        ? {}
        : { watermark: { field: field.name, value: watermark } }),
      rowCount,
      alterations,
      slices,
      receipts: loaded.receipts,
    },
    incomplete: reportFindings(reading, source, name, reporter),
  };
}

/** What a later load compares with, to see whether the settings ask for the same and the source has it. */
function marksOf(
  { requestMark, schemaPolicy }: TableToLoad,
  { absent = [] }: TableReading,
): Pick<LoadedTable, "request" | "shape" | "absent"> {
  return {
    request: requestMark,
    ...(schemaPolicy === undefined ? {} : { shape: schemaPolicy.mark }),
    ...(absent.length === 0 ? {} : { absent }),
  };
}

/** Why a table is not kept as its settings say, where they cannot know that. */
function whyNotAsSet(
  { strategy }: TableToLoad,
  chosen: Pick<ChosenStrategy, "strategy"> & { readonly reason?: string },
): string | undefined {
  if (chosen.strategy !== "full") return undefined;
  if (strategy === "merge" && chosen.reason === "no-integer-key") {
    return "strategy merge needs a primary key that is one integer column: all rows are read";
  }
  if (strategy === "slices" && chosen.reason === "slices-not-told-apart") {
    return "strategy slices needs partition fields that can be asked for exactly: all rows are read";
  }
  return undefined;
}

/** Tells those warnings, each time it is called, that have come since the last time. */
function newWarnings(reading: TableReading, source: string, table: string, reporter: Reporter): () => void {
  let told = 0;
  return () => {
    for (const message of reading.warnings.slice(told)) {
      reporter.report({ kind: "warning", source, table, message });
    }
    told = reading.warnings.length;
  };
}

/** Of what was read. */
function sizesOf({ rowCount, slices }: LoadedRows): {
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
} {
  const files = slices.flatMap((slice) => slice.files);
  const bytes = files.reduce((sum, file) => sum + file.byteCount, 0);
  return { rows: rowCount, bytes, files: files.length };
}

/** Tells what came up while the table was read. True when it is not all there. */
function reportFindings(reading: TableReading, source: string, table: string, reporter: Reporter): boolean {
  const { notices, shortfalls } = reading.findings?.() ?? { notices: [], shortfalls: [] };
  for (const message of notices) reporter.report({ kind: "notice", source, table, message });
  for (const message of shortfalls) reporter.report({ kind: "warning", source, table, message });
  return shortfalls.length > 0;
}

function assertPartitionColumns(reading: TableReading, table: TableToLoad, source: string): void {
  const names = reading.schema.columns.map((column) => column.name);
  for (const column of table.partitionColumns) {
    if (names.includes(column)) continue;
    throw new PanoramaError(
      "COLUMN_MISSING",
      `Table ${table.request.table} has no column ${column} to partition by`,
      { source, table: table.request.table, column },
    );
  }
  if (names.length === table.partitionColumns.length) {
    throw new PanoramaError(
      "COLUMN_MISSING",
      `Table ${table.request.table} has no column besides those it is partitioned by`,
      { source, table: table.request.table },
    );
  }
}
