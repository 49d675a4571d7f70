import type { FieldRequest, Snapshot, Source, TableReading, TableRequest } from "../sources/source.ts";
import { type ColumnData, type RecordBatch, withColumns } from "../table/record-batch.ts";
import type { Column, TableSchema } from "../table/table-schema.ts";
import { hashColumn, hashText, yearColumn } from "./change-column.ts";
import { type KeyedHash, keyedHash } from "./keyed-hash.ts";
import { changedColumn, type ColumnPlan, keyAfter, planColumns } from "./plan-columns.ts";
import { needsKey, type TablePrivacy } from "./privacy-rules.ts";

export interface PrivacyRules {
  /** By table name. Tables that are not in it are read as if there were no rules. */
  readonly tables: ReadonlyMap<string, TablePrivacy>;
  /** Never empty where a table hashes. */
  readonly key: string | undefined;
}

/**
 * The source with the rules applied between it and whoever reads: described and read, a table has no column that
 * is dropped, and the changed columns in place of the others. A column that is dropped or emptied is not asked for.
 * A table that the rules leave as it is comes from the source itself, without a detour.
 */
export function withPrivacy(source: Source, rules: PrivacyRules): Source {
  if (rules.tables.size === 0) return source;
  const hash = hashFor(rules);
  return {
    name: source.name,
    check: () => source.check(),
    listTables: () => source.listTables(),
    estimateRowCounts: (tables) => source.estimateRowCounts(tables),
    describeTable: async (name) => {
      const table = await source.describeTable(name);
      const privacy = rules.tables.get(name);
      if (privacy === undefined) return table;
      const { fields, changes } = planColumns(table, undefined, privacy);
      const columns = fields.map((field) => columnOf(table, field));
      return changedSchema({ ...table, columns }, changes, privacy);
    },
    openSnapshot: async (signal, peers, asksBeside) => {
      const snapshot = await source.openSnapshot(signal, peers, asksBeside);
      return {
        id: snapshot.id,
        shared: snapshot.shared,
        notices: snapshot.notices,
        ...(snapshot.role === undefined ? {} : { role: snapshot.role }),
        ...(snapshot.contentMarks === undefined
          ? {}
          : { contentMarks: (tables) => snapshot.contentMarks?.(tables) ?? Promise.resolve(new Map()) }),
        ...(snapshot.isLost === undefined
          ? {}
          : { isLost: async () => (await snapshot.isLost?.()) ?? false }),
        openTable: (request) => {
          const privacy = rules.tables.get(request.table);
          return privacy === undefined
            ? snapshot.openTable(request)
            : openPrivateTable(snapshot, request, privacy, hash);
        },
        [Symbol.asyncDispose]: () => snapshot[Symbol.asyncDispose](),
      };
    },
    ...(source.pace === undefined ? {} : { pace: source.pace }),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

function hashFor({ tables, key }: PrivacyRules): KeyedHash {
  if (key !== undefined && key !== "") return keyedHash(key);
  // An empty key would make hashes that anyone can make.
  if ([...tables.values()].some(needsKey)) throw new Error("columns are to be hashed and there is no key");
  return () => {
    throw new Error("there is no key to hash with");
  };
}

async function openPrivateTable(
  snapshot: Snapshot,
  request: TableRequest,
  privacy: TablePrivacy,
  hash: KeyedHash,
): Promise<TableReading> {
  // Opening reads no rows; it tells which columns there are at the snapshot's moment, and their types.
  const whole = await snapshot.openTable({ table: request.table, fields: undefined });
  const plan = planColumns(whole.schema, request.fields, privacy);
  const isAsRead = plan.changes.every((change) => change === "keep");
  if (isAsRead && leavesAll(whole.schema, request, plan)) return whole;
  const reading = await snapshot.openTable({ table: request.table, fields: plan.fields });
  return {
    schema: changedSchema(reading.schema, plan.changes, privacy),
    get warnings() {
      return [...plan.warnings, ...reading.warnings];
    },
    estimatedRowCount: reading.estimatedRowCount,
    ...(reading.definition === undefined ? {} : { definition: reading.definition }),
    absent: reading.absent ?? [],
    couldBe: (column, type) =>
      isKept(reading.schema, plan, column) && (reading.couldBe?.(column, type) ?? false),
    split: (count) => reading.split(count),
    findRow: async (key) => {
      const found = await reading.findRow?.(key);
      return found && { ...found, key: changedKey(found.key, reading.schema.columns, plan.changes, hash) };
    },
    watermark: async (field) => reading.watermark?.(field),
    // A slice of changed values is none that the source knows.
    changesSince: async (watermark, field, partitionColumns) =>
      partitionColumns.every((name) => isKept(reading.schema, plan, name))
        ? reading.changesSince?.(watermark, field, partitionColumns)
        : undefined,
    // The source asks by its own keys, whatever becomes of them afterwards.
    ...(reading.keyRanges === undefined ? {} : { keyRanges: reading.keyRanges }),
    batches: isAsRead
      ? (signal, range) => reading.batches(signal, range)
      : (signal, range) =>
          changedBatches(reading.batches(signal, range), reading.schema.columns, plan.changes, hash),
    alterations: () => reading.alterations(),
    findings: () => reading.findings?.() ?? { notices: [], shortfalls: [] },
  };
}

function isKept({ columns }: TableSchema, { changes }: ColumnPlan, name: string): boolean {
  return changes[columns.findIndex((column) => column.name === name)] === "keep";
}

function leavesAll(table: TableSchema, request: TableRequest, { fields }: ColumnPlan): boolean {
  if (request.fields !== undefined || fields.length < table.columns.length) return false;
  return fields.every(({ constant }) => constant === undefined);
}

async function* changedBatches(
  batches: AsyncIterable<RecordBatch>,
  columns: readonly Column[],
  changes: ColumnPlan["changes"],
  hash: KeyedHash,
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) yield changedBatch(batch, columns, changes, hash);
}

function changedBatch(
  batch: RecordBatch,
  columns: readonly Column[],
  changes: ColumnPlan["changes"],
  hash: KeyedHash,
): RecordBatch {
  const changed = batch.columns.map((data, i): ColumnData => {
    const { type } = columns[i] as Column;
    if (changes[i] === "hash") return hashColumn(type, data, batch.rowCount, hash);
    return changes[i] === "year" ? yearColumn(type, data, batch.rowCount) : data;
  });
  return withColumns(batch, changed);
}

/** Texts of values of the source as texts of what becomes of them. */
function changedKey(
  key: ReadonlyMap<string, string>,
  columns: readonly Column[],
  changes: ColumnPlan["changes"],
  hash: KeyedHash,
): ReadonlyMap<string, string> {
  return new Map(
    [...key].map(([name, text]) => {
      const at = columns.findIndex((column) => column.name === name);
      const type = columns[at]?.type;
      return [name, type !== undefined && changes[at] === "hash" ? hashText(type, text, hash) : text];
    }),
  );
}

function changedSchema(
  schema: TableSchema,
  changes: ColumnPlan["changes"],
  privacy: TablePrivacy,
): TableSchema {
  return {
    ...schema,
    columns: schema.columns.map((column, i) => changedColumn(column, changes[i] ?? "keep", schema)),
    key: keyAfter(schema, privacy),
  };
}

function columnOf(table: TableSchema, { name, constant }: FieldRequest): Column {
  const column = table.columns.find((each) => each.name === name) as Column;
  return constant === undefined ? column : { ...column, nullable: true };
}
