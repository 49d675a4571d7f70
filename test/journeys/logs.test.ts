import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { openAccount } from "./account.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

describeOnServers(
  "what a run tells",
  (server) => {
    test("is one JSON event a line where that is asked for", async () => {
      await using shop = await server.database();
      await shop.query(
        "create table orders (id int, seen date); insert into orders values (1, '0000-00-00')",
      );
      await using site = await shopSite(shop, ["orders", "gone"]);

      const { exitCode, stdout, stderr } = await site.run(
        "--log-format",
        "json",
        "extract-and-load",
        "--all",
      );

      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      const events = readEvents(stderr);
      expect(events.map(({ kind }) => kind)).toEqual([
        "run-started",
        "table-started",
        "table-loaded",
        "table-failed",
        "run-published",
      ]);
      expect(events.every(({ time }) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(time)))).toBe(true);
      expect(events[2]).toMatchObject({
        source: "shop",
        table: "orders",
        rows: 1,
        files: 1,
        slices: 1,
        alterations: [{ column: "seen", kind: "invalid-date", count: 1 }],
      });
      expect(events[3]).toMatchObject({ table: "gone", error: { code: "TABLE_MISSING" } });
      expect(events[4]).toMatchObject({ tables: 1, failed: 1, rows: 1 });
    });

    test("is plain lines with their time where there is no terminal", async () => {
      await using shop = await server.database();
      await shop.query("create table orders (id int); insert into orders values (1), (2)");
      await using site = await shopSite(shop, ["orders"]);

      const { stdout, stderr } = await site.run("extract-and-load", "--all");

      expect(stdout).toBe("");
      const lines = stderr.trimEnd().split("\n");
      expect(lines).toHaveLength(4);
      for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [^\p{Cc}]+$/u);
      expect(lines[2]).toMatch(/ ✓ shop\.orders {2}2 rows {2}\d+ B {2}1 file {2}\d\.\d s$/);
    });

    test("holds no password, whatever fails and however much is told", async () => {
      await using shop = await server.database();
      const secret = "s3cret-of-the-shop";
      await shop.query("create table orders (id int primary key)");
      await using keeper = await openAccount(shop, secret);
      await keeper.grant("select", "*");
      await using site = await shopSite(shop, ["orders"]);

      const told: string[] = [];
      const runAll = async (commands: readonly string[][], more: object): Promise<void> => {
        const datasource = mysqlDatasource(shop, ["orders", "gone"], { ...keeper.login, ...more });
        await site.writeSettings({ datalake: localLake, datasources: [datasource] });
        for (const command of commands) {
          for (const flags of [["--debug"], ["--debug", "--log-format", "json"]]) {
            const { stdout, stderr } = await site.run(...flags, ...command);
            told.push(stdout, stderr);
          }
        }
      };
      const load = ["extract-and-load", "--all"];
      await runAll([load, ["create-datalake-tables", "--all"], ["query", "select * from gone"]], {});
      await runAll([load, ["test-connections"], ["set-tables", "--all"]], {
        mysql_username: "keeper_of_none",
      });
      await runAll([load], { mysql_pasword: secret, mysql_port: secret });
      told.push((await site.run("settings-schema")).stdout);

      const text = told.join("\n");
      for (const sign of ["✓ shop.orders", "TABLE_MISSING", "Access denied", "mysql_pasword", "$schema"]) {
        expect(text).toContain(sign);
      }
      expect(text).not.toContain(secret);
    });

    test("has the stack and the cause of what failed with --debug", async () => {
      await using shop = await server.database();
      await using site = await shopSite(shop, ["orders"]);
      await site.writeSettings({
        datalake: localLake,
        datasources: [mysqlDatasource(shop, ["orders"], { mysql_password: "wrong" })],
      });

      const plain = await site.run("extract-and-load", "--all");
      const lines = await site.run("--debug", "extract-and-load", "--all");
      const json = await site.run("--debug", "--log-format", "json", "extract-and-load", "--all");

      expect(plain.stderr).not.toMatch(/\.c?js:/);
      expect(lines.stderr).toMatch(
        /shop: +PanoramaError: Cannot connect[^]*Caused by: Error: Access denied[^]*program\.cjs:/,
      );
      const notice = readEvents(json.stderr).find(({ kind }) => kind === "notice");
      expect(notice).toMatchObject({ source: "shop" });
      expect(notice?.["message"]).toMatch(/Caused by: Error: Access denied/);
    });
  },
  ["mariadb"],
);

function shopSite(shop: TestDatabase, tables: readonly string[]): Promise<Site> {
  return openSite({ datalake: localLake, datasources: [mysqlDatasource(shop, tables)] });
}
