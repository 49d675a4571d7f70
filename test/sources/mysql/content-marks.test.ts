import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../../services/mysql-server.ts";
import { sourceOf, unhurried } from "./open-source.ts";

const tables = ["parent", "child", "plain", "parts", "unknown"];

async function marksOf(database: TestDatabase): Promise<ReadonlyMap<string, string>> {
  await using source = sourceOf(database);
  await using snapshot = await source.openSnapshot(unhurried);
  return (await snapshot.contentMarks?.(tables)) ?? new Map<string, string>();
}

/** The server notes whole seconds, and there is a mark when the last change is some of them ago. */
async function settledMarksOf(database: TestDatabase, count: number): Promise<ReadonlyMap<string, string>> {
  for (;;) {
    const marks = await marksOf(database);
    if (marks.size === count) return marks;
    await setTimeout(200);
  }
}

/** Which tables have other marks than before, or none any more. */
function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...before]
    .filter(([table, mark]) => after.get(table) !== mark)
    .map(([table]) => table)
    .sort();
}

/** Other tests have transactions open on the same server, for which MariaDB's marks wait. */
async function expectChanged(
  database: TestDatabase,
  before: ReadonlyMap<string, string>,
  tables: readonly string[],
): Promise<void> {
  await expect.poll(async () => changed(before, await marksOf(database))).toEqual(tables);
}

describeOnServers("marks of what tables hold", (server) => {
  test("stay while nothing changes, and each change changes them", async () => {
    await using shop = await server.database();
    await shop.query(`
      create table parent (id int primary key);
      create table child (id int primary key, p int, foreign key (p) references parent (id) on delete cascade);
      create table plain (id int primary key, x int);
      create table parts (id int primary key) partition by hash (id) partitions 2;
      insert into parent values (1), (2); insert into child values (1, 1), (2, 2);
      insert into plain values (1, 1); insert into parts values (1)`);
    expect([...(await marksOf(shop)).keys()]).toEqual([]);

    const filled = await settledMarksOf(shop, 3);
    expect([...filled.keys()].sort()).toEqual(["child", "parent", "plain"]);
    await shop.query("update plain set x = 1; start transaction; update plain set x = 7; rollback");
    await expectChanged(shop, filled, []);

    await shop.query("delete from parent where id = 1");
    await expectChanged(shop, filled, ["child", "parent"]);
    await shop.query("update plain set x = 8");
    expect(changed(filled, await marksOf(shop))).toContain("plain");

    const later = await settledMarksOf(shop, 3);
    await expectChanged(shop, later, []);
    await shop.query("truncate table child");
    await expectChanged(shop, later, ["child"]);
  });

  test("are not there for what an open transaction may still change within the same second", async () => {
    await using shop = await server.database();
    await using other = await server.database();
    await shop.query(
      "create table plain (id int primary key, x int); insert into plain values (1, 1), (2, 2)",
    );
    await settledMarksOf(shop, 1);
    await other.query(`use \`${shop.name}\`; start transaction; update plain set x = 20 where id = 2`);
    await shop.query("update plain set x = 10 where id = 1");

    await setTimeout(4_500);
    const before = await marksOf(shop);
    // MariaDB will note the time at which the other one began; MySQL, when it is committed.
    expect([...before.keys()]).toEqual(server.kind === "mariadb" ? [] : ["plain"]);
    await other.query("commit");

    expect(changed(before, await marksOf(shop))).toEqual([...before.keys()]);
  });
});
