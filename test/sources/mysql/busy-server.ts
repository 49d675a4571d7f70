import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { expect } from "vitest";
import type { TestDatabase } from "../../services/mysql-server.ts";

/** Connections whose statements run until they are disposed of. */
export interface BusyThreads extends AsyncDisposable {
  readonly count: number;
}

/** Gives the server `count` statements that run, or wait, and resolves when it counts them. */
export async function openBusyThreads(
  db: Pick<TestDatabase, "sourceOptions">,
  count: number,
  statement = "select sleep(300)",
): Promise<BusyThreads> {
  const admin = await createConnection(db.sourceOptions);
  const sleepers = await Promise.all(Array.from({ length: count }, () => createConnection(db.sourceOptions)));
  const sleeping = sleepers.map((sleeper) => sleeper.query(statement).catch(() => undefined));
  await expect.poll(() => threadsRunning(admin)).toBeGreaterThanOrEqual(count);
  return {
    count,
    [Symbol.asyncDispose]: async () => {
      // A statement does not notice that its client has gone.
      for (const { threadId } of sleepers) await admin.query(`kill ${threadId}`);
      await Promise.all(sleeping);
      for (const connection of [...sleepers, admin]) connection.destroy();
    },
  };
}

async function threadsRunning(admin: Connection): Promise<number> {
  const [rows] = await admin.query<RowDataPacket[]>("show global status like 'Threads_running'");
  return Number(rows[0]?.["Value"]);
}
