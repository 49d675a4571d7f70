import type {
  BatchUpdatePartitionFailureEntry,
  GetPartitionsCommandOutput,
  Partition,
  PartitionError,
} from "@aws-sdk/client-glue";
import { PanoramaError } from "../../errors.ts";
import { failureName, isPassingName } from "./aws-failure.ts";
import { type GlueDatabase, rightOn } from "./glue-database.ts";
import { planPartitionChanges, type PartitionChanges } from "./plan-partition-changes.ts";
import {
  partitionFingerprint,
  partitionFingerprints,
  type RawPartition,
  type RawTable,
} from "./plan-raw-table.ts";
import { type Fingerprints, partitionKey, partitionValues } from "./remembered-catalog.ts";
import { formatOf, partitionInput } from "./storage-descriptor.ts";

/** As many as Glue takes in one call. */
const batchSizes = { create: 100, update: 100, drop: 25 } as const;

export interface EnsuredPartitions {
  /** What Glue has of ours, but for `undropped`. */
  readonly fingerprints: Fingerprints;
  /** Partitions that have no rows any more, and that the right to drop is missing for. */
  readonly undropped: { readonly count: number; readonly refusal: PanoramaError } | undefined;
}

/**
 * Gives the table's own partitions their locations, adds those that are missing and drops those that are gone.
 * Others' are left alone. `known`: what Glue is sure to have of ours; undefined asks it. Throws
 * `CATALOG_DENIED` when one cannot be moved, after all others were seen to.
 */
export async function ensurePartitions(
  glue: GlueDatabase,
  table: RawTable,
  known: Fingerprints | undefined,
): Promise<EnsuredPartitions> {
  const wanted = partitionFingerprints(table);
  for (let attempt = 1; ; attempt++) {
    const current = attempt === 1 && known !== undefined ? known : await readFingerprints(glue, table);
    const changes = planPartitionChanges(table.partitions, wanted, current);
    const { settled, undropped } = await applyChanges(glue, table, changes);
    if (settled) return { fingerprints: wanted, undropped };
    if (attempt >= glue.aws.patience.attempts) {
      const message = `Glue keeps refusing partitions of ${table.name}, which somebody else seems to be changing`;
      throw new PanoramaError("CATALOG_FAILED", message, { table: table.name });
    }
    await glue.aws.pause(glue.aws.patience.retryMillis(attempt));
  }
}

/** Drops the table's own partitions, all of them. */
export async function dropPartitions(glue: GlueDatabase, table: OwnPartitions): Promise<void> {
  for (let attempt = 1; attempt <= glue.aws.patience.attempts; attempt++) {
    const keys: string[] = [];
    for await (const { Values = [] } of readPartitions(glue, table.name, ownExpression(table))) {
      if (isOwn(table, Values)) keys.push(partitionKey(Values));
    }
    if (await dropAll(glue, table.name, keys)) return;
    await glue.aws.pause(glue.aws.patience.retryMillis(attempt));
  }
}

/** The part of a raw table's plan that tells our partitions from others'. */
export type OwnPartitions = Pick<RawTable, "name" | "partitionKeys" | "ownValues">;

/** Whether other installations have partitions in the table. */
export async function hasPartitionsOfOthers(glue: GlueDatabase, table: OwnPartitions): Promise<boolean> {
  if (table.ownValues.length === 0) return false;
  for await (const { Values } of readPartitions(glue, table.name, othersExpression(table))) {
    if (!isOwn(table, Values ?? [])) return true;
  }
  return false;
}

async function readFingerprints(glue: GlueDatabase, table: RawTable): Promise<Fingerprints> {
  const found = new Map<string, string>();
  for await (const { Values = [], StorageDescriptor } of readPartitions(
    glue,
    table.name,
    ownExpression(table),
  )) {
    if (!isOwn(table, Values)) continue;
    const columns = (StorageDescriptor?.Columns ?? []).map(({ Name, Type }) => ({
      name: Name?.toLowerCase() ?? "",
      type: Type ?? "",
    }));
    const location = StorageDescriptor?.Location ?? "";
    found.set(partitionKey(Values), partitionFingerprint(formatOf(StorageDescriptor), columns, location));
  }
  return found;
}

/** Those that the expression is true of, or all: the caller looks at each. */
async function* readPartitions(
  glue: GlueDatabase,
  table: string,
  expression: string | undefined,
): AsyncGenerator<Partition> {
  const { aws, database } = glue;
  const filter = expression === undefined ? {} : { Expression: expression };
  let token: string | undefined;
  do {
    const page = { MaxResults: 1000, ...(token === undefined ? {} : { NextToken: token }) };
    let answer: GetPartitionsCommandOutput;
    try {
      answer = await aws.glue(rightOn(glue, "GetPartitions"), (api, options) =>
        api.getPartitions({ DatabaseName: database, TableName: table, ...filter, ...page }, options),
      );
    } catch (error) {
      if (failureName(error) !== "InvalidInputException" || expression === undefined) throw error;
      // Glue's expressions have words of their own, and a column may be called like one.
      yield* readPartitions(glue, table, undefined);
      return;
    }
    yield* answer.Partitions ?? [];
    token = answer.NextToken;
  } while (token !== undefined && token !== "");
}

/** Undefined where Glue's expressions cannot say it; then all partitions are read. */
function ownExpression(table: OwnPartitions): string | undefined {
  return expressionOf(table, "=", " AND ");
}

function othersExpression(table: OwnPartitions): string | undefined {
  return expressionOf(table, "<>", " OR ");
}

function expressionOf(
  { partitionKeys, ownValues }: OwnPartitions,
  operator: string,
  junction: string,
): string | undefined {
  const terms = ownValues.map((value, i) => ({ key: partitionKeys[i] ?? "", value }));
  const plain = terms.every(({ key, value }) => /^[a-z]\w*$/.test(key) && /^[\w.:@/ +~-]*$/.test(value));
  const text = terms.map(({ key, value }) => `${key} ${operator} '${value}'`).join(junction);
  return plain && text !== "" && text.length < 2048 ? text : undefined;
}

function isOwn({ ownValues }: OwnPartitions, values: readonly string[]): boolean {
  return ownValues.every((value, i) => value === values[i]);
}

interface AppliedChanges {
  /** False when some partitions have to be looked at again: somebody else was first, or Glue had trouble. */
  readonly settled: boolean;
  readonly undropped: EnsuredPartitions["undropped"];
}

async function applyChanges(
  glue: GlueDatabase,
  table: RawTable,
  changes: PartitionChanges,
): Promise<AppliedChanges> {
  let settled = true;
  for (const batch of batchesOf(changes.create, batchSizes.create)) {
    settled = (await createBatch(glue, table, batch)) && settled;
  }
  // A partition that cannot be moved keeps none of the others from being dropped.
  let refusal: PanoramaError | undefined;
  try {
    for (const batch of batchesOf(changes.update, batchSizes.update)) {
      settled = (await updateBatch(glue, table, batch)) && settled;
    }
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code !== "CATALOG_DENIED") throw error;
    const message = `Readers of ${table.name} find old rows in ${spellCount(changes.update.length)}: ${error.message}`;
    refusal = new PanoramaError(error.code, message, { table: table.name }, { cause: error });
  }
  const dropped = await dropUnwanted(glue, table.name, changes.drop);
  if (refusal !== undefined) throw refusal;
  return { settled: settled && dropped.settled, undropped: dropped.undropped };
}

async function dropUnwanted(
  glue: GlueDatabase,
  table: string,
  keys: readonly string[],
): Promise<AppliedChanges> {
  try {
    return { settled: await dropAll(glue, table, keys), undropped: undefined };
  } catch (error) {
    if (!(error instanceof PanoramaError) || error.code !== "CATALOG_DENIED") throw error;
    return { settled: true, undropped: { count: keys.length, refusal: error } };
  }
}

async function dropAll(glue: GlueDatabase, table: string, keys: readonly string[]): Promise<boolean> {
  let settled = true;
  for (const batch of batchesOf(keys, batchSizes.drop)) {
    settled = (await dropBatch(glue, table, batch)) && settled;
  }
  return settled;
}

async function createBatch(
  glue: GlueDatabase,
  table: RawTable,
  batch: readonly RawPartition[],
): Promise<boolean> {
  try {
    const { Errors = [] } = await glue.aws.glue(rightOn(glue, "BatchCreatePartition"), (api, options) =>
      api.batchCreatePartition(
        {
          DatabaseName: glue.database,
          TableName: table.name,
          PartitionInputList: batch.map((partition) => partitionInput(table, partition)),
        },
        options,
      ),
    );
    return isSettled(table.name, "BatchCreatePartition", Errors, "AlreadyExistsException");
  } catch (error) {
    if (failureName(error) === "AlreadyExistsException") return false;
    throw error;
  }
}

async function updateBatch(
  glue: GlueDatabase,
  table: RawTable,
  batch: readonly RawPartition[],
): Promise<boolean> {
  const { Errors = [] } = await glue.aws.glue(rightOn(glue, "BatchUpdatePartition"), (api, options) =>
    api.batchUpdatePartition(
      {
        DatabaseName: glue.database,
        TableName: table.name,
        Entries: batch.map((partition) => ({
          PartitionValueList: [...partition.values],
          PartitionInput: partitionInput(table, partition),
        })),
      },
      options,
    ),
  );
  return isSettled(table.name, "BatchUpdatePartition", Errors, "EntityNotFoundException");
}

async function dropBatch(glue: GlueDatabase, table: string, keys: readonly string[]): Promise<boolean> {
  const { Errors = [] } = await glue.aws.glue(rightOn(glue, "BatchDeletePartition"), (api, options) =>
    api.batchDeletePartition(
      {
        DatabaseName: glue.database,
        TableName: table,
        PartitionsToDelete: keys.map((key) => ({ Values: [...partitionValues(key)] })),
      },
      options,
    ),
  );
  const left = Errors.filter(({ ErrorDetail }) => ErrorDetail?.ErrorCode !== "EntityNotFoundException");
  return isSettled(table, "BatchDeletePartition", left, "");
}

/** Throws for what asking again cannot help. */
function isSettled(
  table: string,
  operation: string,
  errors: readonly (PartitionError | BatchUpdatePartitionFailureEntry)[],
  expected: string,
): boolean {
  const codes = errors.map(({ ErrorDetail }) => ErrorDetail?.ErrorCode ?? "Unknown");
  const strange = codes.find((code) => code !== expected && !isPassingName(code));
  if (strange === undefined) return codes.length === 0;
  const message = `Glue refused ${operation} for ${spellCount(codes.length)} of ${table}: ${strange}`;
  throw new PanoramaError("CATALOG_FAILED", message, { table });
}

function* batchesOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

export function spellCount(count: number): string {
  return count === 1 ? "1 partition" : `${count} partitions`;
}
