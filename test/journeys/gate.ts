import { setTimeout } from "node:timers/promises";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import type { ServerAddress } from "../services/server-address.ts";

/**
 * A lock of the server's that a view asks for in the middle of its rows, so that whoever reads the view stands
 * still there until the test opens the gate.
 */
export interface Gate extends AsyncDisposable {
  /** The value of a column, as SQL: asks for the lock in the row for which `condition` holds. */
  column(condition: string): string;
  /**
   * Resolves with the id of the connection to the database that stands before the gate, which is none of `others`, in
   * a question that names `view`, `slow` when it is left out.
   */
  reader(others?: readonly number[], view?: string): Promise<number>;
  open(): Promise<void>;
}

let gateCount = 0;

/** Other tests have gates of their own on the same server: `database` is where the view of this one is. */
export async function closeGate(server: ServerAddress, database: { readonly name: string }): Promise<Gate> {
  const { host, port, user, password } = server;
  const holder = await createConnection({ host, port, user, password });
  // A test may end the server.
  holder.on("error", () => undefined);
  const name = `gate_${process.pid}_${++gateCount}`;
  await holder.query("select get_lock(?, 0)", [name]);
  return {
    column: (condition) => `if(${condition}, get_lock('${name}', 600), 0)`,
    reader: async (others = [], view = "slow") => {
      for (;;) {
        const [rows] = await holder.query<RowDataPacket[]>(
          "select id from information_schema.processlist where state = 'User lock' and db = ? and info like ?",
          [database.name, `%${view}%`],
        );
        const ids = rows.map((row) => Number(row["id"] ?? row["ID"]));
        const [found] = ids.filter((id) => !others.includes(id));
        if (found !== undefined) return found;
        await setTimeout(20);
      }
    },
    open: async () => {
      await holder.query("select release_lock(?)", [name]);
    },
    [Symbol.asyncDispose]: async () => {
      holder.destroy();
    },
  };
}
