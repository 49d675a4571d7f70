import { PanoramaError } from "../../errors.ts";
import type { CheckResult, Source } from "../source.ts";
import { describeNativeTable } from "./describe-table.ts";
import { type MysqlOptions, place } from "./mysql-connection.ts";
import { type MysqlSession, openMysqlSession } from "./mysql-session.ts";
import { openMysqlSnapshot } from "./mysql-snapshot.ts";

export type { MysqlOptions, SslMode } from "./mysql-connection.ts";

/** Any MySQL or MariaDB database. Nothing connects before it is needed. */
export function openMysqlSource(options: MysqlOptions): Source {
  let asking: Promise<MysqlSession> | undefined;
  const session = (): Promise<MysqlSession> => {
    asking ??= openMysqlSession(options);
    return asking;
  };
  return {
    name: options.name,

    check: () => check(options),

    listTables: async () => {
      const rows = await (await session()).query(
        `SELECT TABLE_NAME AS name FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME`,
        [options.database],
      );
      return rows.map((row) => String(row["name"]));
    },

    describeTable: async (table) => {
      const where = { source: options.name, database: options.database, table };
      return (await describeNativeTable(await session(), where)).schema;
    },

    estimateRowCounts: async (tables) => {
      const rows = await (await session()).query(
        `SELECT TABLE_NAME AS name, TABLE_ROWS AS tableRows FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = ? AND TABLE_ROWS IS NOT NULL`,
        [options.database],
      );
      const counts = new Map(rows.map((row) => [String(row["name"]), Number(row["tableRows"])]));
      return new Map([...counts].filter(([name]) => tables.includes(name)));
    },

    openSnapshot: async (signal, peers) => {
      signal.throwIfAborted();
      return openMysqlSnapshot(await openMysqlSession(options, signal), options, peers);
    },

    [Symbol.asyncDispose]: async () => {
      const opened = await asking?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

async function check(options: MysqlOptions): Promise<CheckResult> {
  const subject = options.name;
  try {
    await using session = await openMysqlSession(options);
    const [count] = await session.query(
      "SELECT COUNT(*) AS tables FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?",
      [options.database],
    );
    const tls = session.tlsVersion === undefined ? "without TLS" : `with ${session.tlsVersion}`;
    const tables = Number(count?.["tables"]);
    const detail = `${session.version} at ${place(options)} ${tls}, ${tables} tables in ${options.database}`;
    return tables > 0
      ? { subject, ok: true, detail }
      : { subject, ok: false, detail: `${detail}: the account needs SELECT on the tables to be loaded` };
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    return { subject, ok: false, detail: `${error.message} (${error.code}). ${error.remedy}` };
  }
}
