import type { RecordBatch } from "../../table/record-batch.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import type { DecoderLender } from "./decoder-lender.ts";
import { mysqlError } from "./mysql-errors.ts";
import type { MysqlSession } from "./mysql-session.ts";
import type { BatchLimits } from "./row-decoder.ts";
import { RowStream } from "./row-stream.ts";

/** Larger batches make better pages, smaller ones less memory; a batch has room for all its rows from the start. */
function batchLimits(columnCount: number): BatchLimits {
  return { rows: Math.max(64, Math.min(16_384, Math.floor(1_600_000 / columnCount))), bytes: 4 << 20 };
}

/** Rolling back to it lets go of the table's metadata lock, so that nobody's ALTER TABLE waits for the run. */
const savepoint = "panorama";

/**
 * The rows of a statement whose columns are of these types. Afterwards the table's definition is locked no more.
 * `lender`: of statements with these columns. Keeps to the session's pace before it asks and between batches: then the server waits with what it has to send, and the
 * definition stays locked.
 */
export async function* selectBatches(
  session: MysqlSession,
  { source, table }: TableSchema,
  sql: string,
  columns: readonly Column[],
  signal: AbortSignal,
  onInvalid: (counts: readonly number[]) => void = () => undefined,
  lender?: DecoderLender,
): AsyncGenerator<RecordBatch> {
  const where = { source, table };
  await session.pace?.(signal, session.keepsLocks ? "within" : "between");
  await session.query(`SAVEPOINT ${savepoint}`);
  try {
    const statementId = await prepare(session, sql, where, signal);
    const stream = new RowStream(
      session.connection,
      statementId,
      columns,
      batchLimits(columns.length),
      where,
      lender,
    );
    for await (const batch of stream.batches(signal)) {
      onInvalid(stream.invalidCounts());
      yield batch;
      await session.pace?.(signal, "within");
    }
  } finally {
    session.connection.unprepare(sql);
    await releaseLock(session);
  }
}

/** Asks within the transaction, and lets go of the lock on the table's definition. */
export async function withoutLock<Result>(
  session: MysqlSession,
  ask: () => Promise<Result>,
): Promise<Result> {
  await session.query(`SAVEPOINT ${savepoint}`);
  try {
    return await ask();
  } finally {
    await releaseLock(session);
  }
}

async function releaseLock(session: MysqlSession): Promise<void> {
  // A connection that is lost holds no lock, and whoever wants to read on is told by the next statement.
  await session.query(`ROLLBACK TO SAVEPOINT ${savepoint}`).catch(() => undefined);
}

function prepare(
  session: MysqlSession,
  sql: string,
  where: { readonly source: string; readonly table: string },
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    session.connection.prepare(sql, (error, statement) => {
      if (error && signal.aborted) reject(signal.reason as Error);
      else if (error) reject(mysqlError(error, `Cannot read ${where.table}`, where));
      else resolve(statement.id);
    });
  });
}
