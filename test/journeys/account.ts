import type { TestDatabase } from "../services/mysql-server.ts";

/** An account of the server's, dropped when disposed of. */
export interface Account extends AsyncDisposable {
  /** For `mysqlDatasource`. */
  readonly login: { readonly mysql_username: string; readonly mysql_password: string };
  grant(right: string, table: string): Promise<void>;
  revoke(right: string, table: string): Promise<void>;
}

let accountCount = 0;

/** Opens an account without any right on the database. */
export async function openAccount(database: TestDatabase, password: string): Promise<Account> {
  const name = `reader_${process.pid}_${++accountCount}`;
  const user = `${name}@'%'`;
  await database.query(`create user ${user} identified by '${password}'`);
  return {
    login: { mysql_username: name, mysql_password: password },
    grant: async (right, table) => {
      await database.query(`grant ${right} on \`${database.name}\`.${table} to ${user}`);
    },
    revoke: async (right, table) => {
      await database.query(`revoke ${right} on \`${database.name}\`.${table} from ${user}`);
    },
    [Symbol.asyncDispose]: async () => {
      await database.query(`drop user ${user}`);
    },
  };
}
