import type { TestDatabase } from "../services/mysql-server.ts";
import type { Writers } from "./model-table.ts";

/** The sessions that write, and what is known of the transaction that is open in one of them. */
export class OpenTransaction implements Writers {
  readonly main: TestDatabase;
  readonly #other: TestDatabase;
  /** Rows by table; undefined while no transaction is open. */
  #locked: Map<string, Set<number>> | undefined;
  #began = 0n;

  /** The ids of both sessions. */
  readonly sessions: readonly number[];

  private constructor(main: TestDatabase, other: TestDatabase, sessions: readonly number[]) {
    this.main = main;
    this.#other = other;
    this.sessions = sessions;
  }

  static async open(main: TestDatabase, other: TestDatabase): Promise<OpenTransaction> {
    await other.query(`use \`${main.name}\``);
    const ids: number[] = [];
    for (const session of [main, other]) {
      const [row] = await session.query("select connection_id() as id");
      ids.push(Number(row?.["id"]));
      await session.query("set session time_zone = '+00:00', innodb_lock_wait_timeout = 5");
      await session.query("set session transaction isolation level read committed");
    }
    return new OpenTransaction(main, other, ids);
  }

  async write(sql: string, table: string, row: number): Promise<void> {
    if (this.#locked === undefined) {
      this.#began = await this.now();
      await this.#other.query("start transaction");
      this.#locked = new Map();
    }
    this.#locked.set(table, (this.#locked.get(table) ?? new Set<number>()).add(row));
    await this.#other.query(sql);
  }

  isLocked(table: string, row: number): boolean {
    return this.#locked?.get(table)?.has(row) ?? false;
  }

  async endOpen(table: string): Promise<void> {
    if (this.#locked?.has(table)) await this.end("commit");
  }

  async end(how: "commit" | "rollback"): Promise<void> {
    this.#locked = undefined;
    await this.#other.query(how);
  }

  /** By the server's clock, in microseconds since 1970. */
  async now(): Promise<bigint> {
    const [row] = await this.main.query(
      "select cast(unix_timestamp(sysdate(6)) * 1000000 as unsigned) as now",
    );
    return BigInt(String(row?.["now"]));
  }

  /** For how long the transaction has been open. */
  openMicros(now: bigint): bigint {
    return this.#locked === undefined ? 0n : now - this.#began;
  }
}
