import type { TestDatabase } from "../../services/mysql-server.ts";

export interface TestAccount extends AsyncDisposable {
  readonly user: string;
  readonly password: string;
}

export interface AccountOptions {
  /** Begins the account's name. */
  readonly name?: string;
  /** Statements in which `$account` stands for the account. */
  readonly rights?: readonly string[];
  /** `require ssl` and the like. */
  readonly require?: string;
  /** `with caching_sha2_password by` in place of `by`. */
  readonly identified?: string;
}

let count = 0;

/** An account with no right but those given, dropped when disposed of. */
export async function createAccount(db: TestDatabase, options: AccountOptions = {}): Promise<TestAccount> {
  count += 1;
  const user = `${options.name ?? "reader"}_${process.pid}_${count}`;
  const password = `secret-${user}-Zq7$`;
  const account = `'${user}'@'%'`;
  const identified = options.identified ?? "by";
  await db.query(`create user ${account} identified ${identified} '${password}' ${options.require ?? ""}`);
  for (const right of options.rights ?? []) await db.query(right.replaceAll("$account", account));
  return {
    user,
    password,
    [Symbol.asyncDispose]: async () => {
      await db.query(`drop user ${account}`);
    },
  };
}
