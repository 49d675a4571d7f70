import { setImmediate } from "node:timers/promises";
import { PanoramaError } from "../errors.ts";
import { findSampleTable, type SampleTable, sampleSchema } from "../openedx/sample/ddl-schema.ts";
import { estimateRowCount, sampleBatches } from "../openedx/sample/sample-batches.ts";
import { planSite, type SampleOptions, type Site } from "../openedx/sample/site.ts";
import type { Alteration } from "../table/alteration.ts";
import type { ColumnData, RecordBatch } from "../table/record-batch.ts";
import type { Column, TableSchema } from "../table/table-schema.ts";
import { constantColumn } from "./constant-column.ts";
import { describeStructuresTable } from "./openedx-structures/structure-table.ts";
import { openSampleStructures, sampleStructuresTable } from "./openedx-sample-structures.ts";
import type { FieldRequest, Snapshot, SnapshotPeers, Source, TableReading, TableRequest } from "./source.ts";

export interface OpenedxSampleSourceOptions extends SampleOptions {
  /** The datasource's name in the settings. */
  readonly name: string;
}

/** The tables of the site's MySQL database, and what its MongoDB comes to as a table; in name order. */
export const sampleSourceTables: readonly string[] = [
  ...sampleSchema.map(({ name }) => name),
  sampleStructuresTable,
].sort();

/**
 * An Open edX site that needs no server: its rows are computed when they are read. The same options give the
 * same rows, in every snapshot and in every thread. Zero dates are NULL and counted, as from a real server.
 */
export function openOpenedxSampleSource(options: OpenedxSampleSourceOptions): Source {
  const { name, scale, seed } = options;
  const site = planSite(options);
  return {
    name,
    check: async () => ({
      subject: name,
      ok: true,
      detail: `sample data of scale ${scale} and seed ${seed}: ${site.learnerCount} learners, ${site.courses.length} courses`,
    }),
    listTables: async () => sampleSourceTables,
    describeTable: async (table) =>
      table === sampleStructuresTable
        ? describeStructuresTable(name, table)
        : describe(name, requireTable(name, table)),
    estimateRowCounts: async (tables) =>
      new Map(tables.map((table) => [table, estimateRowCount(site, table) ?? 0] as const)),
    openSnapshot: (_signal, peers) => openSnapshot(name, site, options, peers),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openSnapshot(
  source: string,
  site: Site,
  options: SampleOptions,
  peers: SnapshotPeers | undefined,
): Promise<Snapshot> {
  // Rows follow from the options alone, so readers with the same options are at the same moment.
  const { scale, seed, courses, studentModuleRows } = options;
  const id = JSON.stringify([seed, scale, site.asOf, courses, studentModuleRows]);
  const peerIds = await peers?.openSnapshots();
  return {
    id,
    shared: peerIds?.every((peerId) => peerId === id) ?? false,
    notices: [],
    openTable: async (request) =>
      request.table === sampleStructuresTable
        ? openSampleStructures(source, site, request)
        : openTable(source, site, request),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function requireTable(source: string, table: string): SampleTable {
  const found = findSampleTable(table);
  if (found === undefined) {
    throw new PanoramaError("TABLE_MISSING", `The sample data has no table ${table}`, { source, table });
  }
  return found;
}

function describe(source: string, { name, columns, key }: SampleTable): TableSchema {
  return { source, table: name, columns, key };
}

/** A column of the lake: one of the table's, by its position there, or made up. */
type PlannedColumn =
  | { readonly column: Column; readonly position: number }
  | { readonly column: Column; readonly fill: (rowCount: number) => ColumnData };

function openTable(source: string, site: Site, request: TableRequest): TableReading {
  const table = requireTable(source, request.table);
  const warnings: string[] = [];
  const planned =
    request.fields?.map((field) => planField(source, table, field, warnings)) ??
    table.columns.map((column, position): PlannedColumn => ({ column, position }));
  if (!planned.some((each) => "position" in each)) {
    throw new PanoramaError("COLUMN_MISSING", `Table ${table.name} has none of the columns listed`, {
      source,
      table: table.name,
    });
  }
  const zeroDates = new Map<string, number>();
  return {
    schema: { ...describe(source, table), columns: planned.map(({ column }) => column) },
    warnings,
    estimatedRowCount: estimateRowCount(site, table.name),
    split: async () => [],
    batches: (signal) => readBatches(site, table, planned, zeroDates, signal),
    alterations: () =>
      [...zeroDates].map(([column, count]): Alteration => ({ column, kind: "invalid-date", count })),
  };
}

function planField(
  source: string,
  table: SampleTable,
  field: FieldRequest,
  warnings: string[],
): PlannedColumn {
  const { name, columnType, constant } = field;
  const made = (value: string | number | boolean | null): PlannedColumn => ({
    column: { name, type: columnType, nullable: value === null, nativeType: field.type ?? "text" },
    fill: constantColumn(columnType, value, { source, table: table.name, column: name }),
  });
  if (constant !== undefined) {
    return made(constant.value);
  }
  // As on a server: names may differ in case, and the lake keeps the settings' spelling.
  const position = table.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
  const column = table.columns[position];
  if (column !== undefined) {
    return { column: { ...column, name }, position };
  }
  warnings.push(`column ${name} is not in the table (any more): it is read as NULL`);
  return made(null);
}

async function* readBatches(
  site: Site,
  table: SampleTable,
  planned: readonly PlannedColumn[],
  zeroDates: Map<string, number>,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  const taken = new Map<number, string>();
  for (const each of planned) {
    if ("position" in each) {
      taken.set(each.position, each.column.name);
    }
  }
  const wanted = [...taken.keys()].sort((a, b) => a - b);
  zeroDates.clear();
  const onZeroDate = (position: number): null => {
    const name = taken.get(position);
    if (name !== undefined) {
      zeroDates.set(name, (zeroDates.get(name) ?? 0) + 1);
    }
    return null;
  };
  for (const batch of sampleBatches(site, table, { wanted, onZeroDate })) {
    signal.throwIfAborted();
    yield arrange(batch, planned, wanted);
    // Rows are computed without waiting for anything: let timers and signals have their turn.
    await setImmediate();
  }
}

/** The batch with its columns in the order asked for, and made columns among them. */
function arrange(
  batch: RecordBatch,
  planned: readonly PlannedColumn[],
  wanted: readonly number[],
): RecordBatch {
  const columns = planned.map((each) =>
    "fill" in each ? each.fill(batch.rowCount) : (batch.columns[wanted.indexOf(each.position)] as ColumnData),
  );
  const byteCount = columns.reduce((sum, column) => sum + column.values.length, 0);
  return { ...batch, byteCount, columns };
}
