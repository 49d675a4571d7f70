import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../../services/mysql-server.ts";
import { openSnapshot, sourceOf, unhurried } from "./open-source.ts";
import { createAccount } from "./test-account.ts";
import { watchServer } from "./watched-server.ts";

describeOnServers("a server that does not tell whether it follows another one", (server) => {
  const { seesReplication, statement } =
    server.kind === "mariadb"
      ? {
          seesReplication: "grant replica monitor on *.* to $account",
          statement: "SHOW ALL SLAVES STATUS",
        }
      : {
          seesReplication: "grant replication client on *.* to $account",
          statement: "SHOW REPLICA STATUS",
        };

  /** Milliseconds, as seen by an account that sees all open transactions. */
  async function watermarkOf(db: TestDatabase, more: readonly string[]): Promise<number> {
    const rights = [`grant select on \`${db.name}\`.* to $account`, "grant process on *.* to $account"];
    await using account = await createAccount(db, { rights: [...rights, ...more] });
    await using opened = await openSnapshot(db, account);
    const reading = await opened.snapshot.openTable({ table: "orders", fields: undefined });
    const watermark = await reading.watermark?.({ name: "modified", overlap: "10 minute" });
    return Date.parse(`${watermark}Z`);
  }

  test("may be a replica: changes are looked for from ten minutes further back", async () => {
    await using db = await server.database();
    await db.query(`create table orders (id int primary key, modified datetime);
      insert into orders values (1, '2026-03-01 10:00:00')`);

    const seen = await watermarkOf(db, [seesReplication]);
    const unseen = await watermarkOf(db, []);

    expect(unseen).toBeLessThanOrEqual(Date.parse("2026-03-01T09:39:58Z"));
    // Other tests have transactions open, of seconds ago.
    expect(seen).toBeGreaterThan(unseen);
  });

  test("is read all the same, where it knows no such statement", async () => {
    await using db = await server.database();
    await db.query("create table orders (id int primary key); insert into orders values (1)");
    await using way = await watchServer(server);
    way.misspell(statement);

    await using opened = await openSnapshot(db, { port: way.port });

    expect(opened.snapshot.role).toBe("primary");
    expect(await opened.read("orders")).toEqual([[1]]);
  });

  test("is not read where it is named as a replica, and is quoted", async () => {
    await using db = await server.database();
    await using way = await watchServer(server);
    way.misspell(statement);
    await using source = sourceOf(db, { port: way.port, mustBeReplica: true });

    const opening = source.openSnapshot(unhurried);

    await expect(opening).rejects.toMatchObject({
      code: "SOURCE_REPLICA_UNFIT",
      message: expect.stringMatching(
        /cannot be read: it does not tell of its replication: shop refused a statement: .*syntax/,
      ) as string,
    });
  });
});
