import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { MysqlOptions } from "../../../src/sources/mysql/mysql-source.ts";
import { run } from "../../cli/command-line.ts";
import { databaseLake } from "../../golden/load-database.ts";
import { describeOnServers, type TestDatabase } from "../../services/mysql-server.ts";
import { openSnapshot, sourceOf } from "./open-source.ts";
import { createAccount } from "./test-account.ts";

describeOnServers("a connection that is refused", (server) => {
  const place = `${server.host}:${server.port}`;

  test.each<[what: string, options: Partial<MysqlOptions>, code: string, message: RegExp | string]>([
    ["a wrong password", { password: "wrong-secret" }, "SOURCE_DENIED", /: Access denied for user 'root'@/],
    ["no password", { password: undefined }, "SOURCE_DENIED", /: Access denied for user 'root'@/],
    ["an unknown user", { user: "nobody_here" }, "SOURCE_DENIED", /: Access denied for user 'nobody_here'@/],
    [
      "an unknown host",
      { host: "no-such-host.invalid" },
      "SOURCE_UNREACHABLE",
      /no-such-host\.invalid:\d+: /,
    ],
    ["a closed port", { port: 1 }, "SOURCE_UNREACHABLE", /127\.0\.0\.1:1: connect ECONNREFUSED/],
    ["no socket", { socketPath: "/nowhere/sock" }, "SOURCE_UNREACHABLE", /\/nowhere\/sock: connect ENOENT/],
    [
      "an unknown database",
      { database: "nowhere" },
      "SOURCE_DATABASE_MISSING",
      `Cannot connect to ${place}: Unknown database 'nowhere'`,
    ],
  ])("by %s", async (_what, options, code, message) => {
    await using db = await server.database();
    await using source = sourceOf(db, options);

    const check = await source.check();
    await expect(openSnapshot(db, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      details: { source: "shop" },
    });

    expect(check).toMatchObject({ subject: "shop", ok: false });
    expect(check.detail).toContain(`(${code})`);
  });

  test("an account without a right on the database or a table", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key, v int); create table u (id int primary key)");
    await using nothing = await createAccount(db);
    await using one = await createAccount(db, {
      rights: [
        `grant select (id) on \`${db.name}\`.t to $account`,
        `grant insert on \`${db.name}\`.u to $account`,
      ],
    });

    await expect(openSnapshot(db, nothing)).rejects.toMatchObject({ code: "SOURCE_DENIED" });
    await using opened = await openSnapshot(db, one);
    await expect(opened.read("nowhere")).rejects.toMatchObject({
      code: "TABLE_MISSING",
      message: `Table nowhere is not in database ${db.name}, or the account may not read it`,
    });
    await expect(opened.read("u")).rejects.toMatchObject({
      code: "SOURCE_DENIED",
      message: expect.stringMatching(/^Cannot read u: SELECT command denied to user/) as string,
      details: { source: "shop", table: "u" },
    });
    expect(await opened.read("t")).toEqual([]);
    await using source = sourceOf(db, one);
    expect((await source.describeTable("t")).columns.map(({ name }) => name)).toEqual(["id"]);
  });

  test("a check of what works tells of server, tables and TLS", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key); create table u (id int primary key)");
    await using source = sourceOf(db, { sslMode: "required" });

    expect(await source.check()).toEqual({
      subject: "shop",
      ok: true,
      detail: expect.stringMatching(
        new RegExp(`^\\d+\\.\\d+\\.\\d+\\S* at ${place} with TLSv1\\.3, a primary, 2 tables in ${db.name}$`),
      ) as string,
    });
    expect(await source.listTables()).toEqual(["t", "u"]);
  });

  test("an abort ends an attempt to connect", async () => {
    await using db = await server.database();
    const stop = AbortSignal.abort(new Error("stopped by hand"));

    await expect(openSnapshot(db, {}, stop)).rejects.toThrow("stopped by hand");
  });
});

describeOnServers("a password", (server) => {
  test.each(["text", "json"])("is in nothing that the command line prints, as %s", async (logFormat) => {
    await using db = await server.database();
    await using account = await createAccount(db, {
      require: "require subject '/CN=somebody else'",
      rights: [`grant select on \`${db.name}\`.* to $account`],
    });
    await using lake = await databaseLake(db, {
      tables: [{ name: "t" }],
      datasource: { mysql_username: account.user, mysql_password: account.password },
    });
    const flags = ["--settings", lake.settingsFile, "--debug"];

    const load = await run([...flags, "extract-and-load", "--all", "--log-format", logFormat]);
    const check = await run([...flags, "test-connections"]);

    for (const { stdout, stderr } of [load, check]) {
      expect(stdout + stderr).toContain("SOURCE_DENIED");
      expect(stdout + stderr).not.toContain(account.password);
    }
  });

  test.runIf(existsSync("/proc/self/cmdline"))(
    "is in no process's command line while a load runs",
    async () => {
      await using db = await server.database();
      await db.query("create table t (id int primary key); insert into t values (1), (2)");
      await using account = await createAccount(db, {
        rights: [`grant select on \`${db.name}\`.* to $account`],
      });
      await using lake = await databaseLake(db, {
        tables: [{ name: "t" }],
        datasource: { mysql_username: account.user, mysql_password: account.password },
      });
      await db.query("lock tables t write");

      const load = lake.load();
      await expect.poll(() => isWaiting(db)).toBe(true);
      const commandLines = await commandLinesOfAll();
      await db.query("unlock tables");

      expect(await load).toMatchObject({ loaded: 1 });
      expect(commandLines.length).toBeGreaterThan(0);
      expect(commandLines.filter((line) => line.includes(account.password))).toEqual([]);
    },
  );
});

async function isWaiting(db: TestDatabase): Promise<boolean> {
  const rows = await db.query(
    "select 1 from information_schema.processlist where db = database() and state like '%metadata lock%'",
  );
  return rows.length > 0;
}

async function commandLinesOfAll(): Promise<readonly string[]> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  return Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
}
