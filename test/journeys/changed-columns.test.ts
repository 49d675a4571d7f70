import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

type Row = Readonly<Record<string, unknown>>;

/** One way in which a table's columns change: `id int primary key, amount int not null, note varchar(10)`, with one row. */
interface Kind {
  readonly table: string;
  readonly sql: string;
  /** The table as the source has it afterwards. */
  readonly after: Row;
  /** The table in a lake that keeps its columns, or why it cannot. */
  readonly kept: Row | string;
  readonly changes: readonly Row[];
}

const before: Row = { id: 1, amount: 5, note: "7" };

const kinds: readonly Kind[] = [
  {
    table: "appeared",
    sql: "alter table appeared add column extra int not null default 9",
    after: { ...before, extra: 9 },
    kept: before,
    changes: [{ column: "extra", change: "added", to: "int32" }],
  },
  {
    table: "went",
    sql: "alter table went drop column amount",
    after: { id: 1, note: "7" },
    kept: { ...before, amount: null },
    changes: [{ column: "amount", change: "gone", from: "int32" }],
  },
  {
    table: "widened",
    sql: "alter table widened modify amount bigint not null; update widened set amount = 3000000000",
    after: { ...before, amount: 3_000_000_000 },
    kept: "column amount is int64 at the source and int32 in the lake, which has no place for every int64",
    changes: [{ column: "amount", change: "retyped", from: "int32", to: "int64" }],
  },
  {
    table: "retyped",
    sql: "alter table retyped modify amount varchar(20) not null; update retyped set amount = 'five'",
    after: { ...before, amount: "five" },
    kept: "column amount is text at the source and int32 in the lake, which has no place for every text",
    changes: [{ column: "amount", change: "retyped", from: "int32", to: "text" }],
  },
  {
    table: "narrowed",
    sql: "alter table narrowed modify note int",
    after: { ...before, note: 7 },
    kept: before,
    changes: [{ column: "note", change: "retyped", from: "text", to: "int32" }],
  },
  {
    table: "renamed",
    sql: "alter table renamed change note remark varchar(10)",
    after: { id: 1, amount: 5, remark: "7" },
    kept: { ...before, note: null },
    changes: [
      { column: "remark", change: "added", to: "text" },
      { column: "note", change: "gone", from: "text" },
    ],
  },
];

/** What queries cannot see: the lake's columns stay as they are. */
const redefined: readonly (Pick<Kind, "table" | "sql" | "after"> & { readonly change: object })[] = [
  {
    table: "lengthened",
    sql: "alter table lengthened modify note varchar(40); update lengthened set note = repeat('n', 40)",
    after: { ...before, note: "n".repeat(40) },
    change: { column: "note", change: "redefined", from: "varchar(10)", to: "varchar(40)" },
  },
  {
    table: "opened",
    sql: "alter table opened modify amount int null; update opened set amount = null",
    after: { ...before, amount: null },
    change: {
      column: "amount",
      change: "redefined",
      from: expect.stringMatching(/^int(\(11\))? not null$/) as unknown,
      to: expect.stringMatching(/^int(\(11\))?$/) as unknown,
    },
  },
];

const tables = [...kinds, ...redefined].map(({ table }) => table);

/** A lake of all these tables, loaded, whose source has changed since. */
async function openChanged(shop: TestDatabase, mode: string | undefined, format = "parquet"): Promise<Site> {
  for (const table of tables) {
    await shop.query(`
      create table ${table} (id int primary key, amount int not null, note varchar(10));
      insert into ${table} values (1, 5, '7')`);
  }
  const more = mode === undefined ? {} : { on_schema_change: mode };
  const site = await openSite({
    datalake: { ...localLake, format },
    datasources: [mysqlDatasource(shop, tables, more)],
  });
  const { exitCode, stderr } = await site.run("extract-and-load", "--all");
  if (exitCode !== 0) throw new Error(stderr);
  for (const { sql } of [...kinds, ...redefined]) await shop.query(sql);
  return site;
}

async function rowsOf(site: Site, table: string): Promise<readonly Row[]> {
  return site.query(`select * from school_table_${table}`);
}

async function planned(site: Site): Promise<ReadonlyMap<unknown, Row>> {
  const { stdout, stderr } = await site.run("plan", "--all", "--format", "json");
  if (stdout === "") throw new Error(stderr);
  return new Map((JSON.parse(stdout) as readonly Row[]).map((row) => [row["table"], row]));
}

/** What the last run noted of each table. */
async function recorded(site: Site): Promise<ReadonlyMap<unknown, Row>> {
  const { stdout, stderr } = await site.run("history", "--format", "json", "--last", "1");
  if (stdout === "") throw new Error(stderr);
  const [run] = JSON.parse(stdout) as readonly { readonly tables: readonly Row[] }[];
  return new Map((run?.tables ?? []).map((row) => [row["table"], row]));
}

const failure = { strategy: "failed", error: { code: "SCHEMA_CHANGED" } };
const followedKinds = (change: object): object => ({ ended: "loaded", schemaChanges: [change] });

describeOnServers("a table whose columns change at the source", (server) => {
  test.each([
    [undefined, "parquet"],
    ["evolve", "csv"],
  ])("changes in the lake, too, with all its rows (%s, %s)", async (mode, format) => {
    await using shop = await server.database();
    await using site = await openChanged(shop, mode, format);

    const plan = await planned(site);
    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode, stderr).toBe(0);
    const records = await recorded(site);
    for (const { table, after, changes } of kinds) {
      expect(plan.get(table), table).toMatchObject({
        ...{ strategy: "full", reason: "columns-changed", schemaChanges: changes },
      });
      expect(await rowsOf(site, table), table).toEqual([after]);
      expect(records.get(table), table).toMatchObject({ ended: "loaded", schemaChanges: changes });
    }
    for (const { table, after, change } of redefined) {
      expect(await rowsOf(site, table), table).toEqual([after]);
      expect(records.get(table), table).toMatchObject(followedKinds(change));
    }
    expect(stderr).toMatch(
      /shop\.widened: columns change in the lake, too\n\S+ {3}amount: int64, was int32\n/,
    );
    expect((await site.run("verify", "--all", "--source")).exitCode).toBe(0);
  });

  test("keeps its columns in the lake with `on_schema_change: ignore`, or fails where they have no place", async () => {
    await using shop = await server.database();
    await using site = await openChanged(shop, "ignore");

    const plan = await planned(site);
    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode, stderr).toBe(1);
    const records = await recorded(site);
    for (const { table, kept, changes } of kinds) {
      const fails = typeof kept === "string";
      expect(await rowsOf(site, table), table).toEqual([fails ? before : kept]);
      expect(plan.get(table), table).toMatchObject({
        ...(fails ? failure : { strategy: "full" }),
        ignoredChanges: changes,
      });
      expect(records.get(table), table).toMatchObject(
        fails
          ? { ended: "failed", error: "SCHEMA_CHANGED", schemaChanges: changes }
          : { ended: "loaded", ignoredChanges: changes },
      );
      if (fails) expect(stderr).toContain(kept);
    }
    for (const { table, after, change } of redefined) {
      expect(await rowsOf(site, table), table).toEqual([after]);
      expect(records.get(table), table).toMatchObject(followedKinds(change));
    }
    expect(stderr).toContain(
      "! shop.went: column amount is not in the table (any more): it is read as NULL\n",
    );
    const shown = await site.run("plan", "--tables", "appeared,renamed");
    expect(shown.stdout).toContain("    extra: a new column, int32; ignored\n");
    expect(
      (await site.run("verify", "--tables", "appeared,went,narrowed,renamed", "--source")).stdout,
    ).toMatch(/^(✓ .*\n){4}$/);
  });

  test("keeps its rows with `on_schema_change: fail`, and others are loaded", async () => {
    await using shop = await server.database();
    await using site = await openChanged(shop, "fail");

    const plan = await planned(site);
    const { exitCode, stderr } = await site.run("extract-and-load", "--all", "--force");

    expect(exitCode, stderr).toBe(1);
    const records = await recorded(site);
    for (const { table, changes } of kinds) {
      expect(plan.get(table), table).toMatchObject({ ...failure, ignoredChanges: changes });
      expect(await rowsOf(site, table), table).toEqual([before]);
      const noted = { ended: "failed", error: "SCHEMA_CHANGED", schemaChanges: changes };
      expect(records.get(table), table).toMatchObject(noted);
    }
    for (const { table, after, change } of redefined) {
      expect(await rowsOf(site, table), table).toEqual([after]);
      expect(records.get(table), table).toMatchObject(followedKinds(change));
    }
    expect(stderr).toMatch(
      /shop\.renamed: Table renamed has other columns than at its last load \(SCHEMA_CHANGED\)\n\S+ {3}remark: a new column, text\n\S+ {3}note: not in the table any more\n\S+ {3}The table keeps its last rows\. .*--rebuild TABLE/,
    );
    const [, line = ""] = (await site.run("history", "--last", "1")).stdout.split("\n");
    const shown = await site.run("history", line.split(" ")[0] ?? "");
    expect(shown.stdout).toContain("    amount: int64, was int32\n");
  });

  test.each(["fail", "ignore"])("takes its columns as they are once it is made anew (%s)", async (mode) => {
    await using shop = await server.database();
    await using site = await openChanged(shop, mode);

    const rebuilt = await site.run("extract-and-load", "--rebuild", "widened,renamed");

    expect(rebuilt.exitCode, rebuilt.stderr).toBe(0);
    expect(await rowsOf(site, "widened")).toEqual([{ ...before, amount: 3_000_000_000 }]);
    const { exitCode, stderr } = await site.run("extract-and-load", "--tables", "widened,renamed", "--force");
    expect(exitCode, stderr).toBe(0);
    expect(await rowsOf(site, "renamed")).toEqual([{ id: 1, amount: 5, remark: "7" }]);
  });
});
