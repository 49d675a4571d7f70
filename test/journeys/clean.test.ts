import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { listFiles, localLake, mysqlDatasource, openSite } from "./site.ts";

describeOnServers("panorama clean", (server) => {
  test("removes what would be removed anyway, and with --dry-run only names it", async () => {
    await using shop = await server.database();
    await using other = await server.database();
    await shop.query(`
      create table orders (id int primary key); insert into orders values (1);
      create table customers (id int primary key); insert into customers values (1)`);
    await using site = await openSite({
      datalake: { ...localLake, retention_hours: 0 },
      datasources: [mysqlDatasource(shop, ["orders", "customers"])],
    });
    await site.run("extract-and-load", "--all");
    await site.run("extract-and-load", "--all", "--force");
    await other.query(`use \`${shop.name}\`; lock tables customers write`);
    await using killed = site.start("extract-and-load", "--all", "--force");
    await killed.waitFor(({ kind, table }) => kind === "table-loaded" && table === "orders");
    // What the killed run finds replaced it removes beside its reading; what it wrote itself is left.
    const ofOrders = async (): Promise<number> =>
      (await site.files()).filter((file) => /\/orders\/.*\.parquet$/.test(file)).length;
    await expect.poll(ofOrders).toBe(2);
    await expect.poll(async () => (await listFiles(site.lake)).join("\n")).not.toContain("/replaced/");
    killed.kill("SIGKILL");
    await killed.ended;
    await other.query("unlock tables");
    const before = await listFiles(site.lake);

    const looked = await site.run("clean", "--dry-run");

    expect(looked.exitCode, looked.stderr).toBe(0);
    expect(await listFiles(site.lake)).toEqual(before);
    const reasons = looked.stdout.replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{6}/g, "RUN").replaceAll(/ {2,}/g, "  ");
    expect(reasons.split("\n").sort()).toEqual([
      "",
      "school/_panorama/runs/RUN.json  run RUN was killed",
      "school/orders/RUN/part-00000.parquet  run RUN never published it",
    ]);
    expect(looked.stderr).toContain("2 files would be removed");

    await site.run("rollback");
    await site.run("extract-and-load", "--all", "--force");
    const cleaned = await site.run("clean");
    expect(cleaned.stdout).toMatch(/^school\/orders\/\S+parquet +replaced .* UTC$/m);
    expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(2);
    expect((await site.run("clean")).stderr).toContain("0 files removed");
    expect(await site.query("select count(*)::int as n from school_table_orders")).toEqual([{ n: 1 }]);
  });

  test("removes what an interrupted run had published to be gone, whatever it was", async () => {
    await using shop = await server.database();
    await shop.query("create table orders (id int primary key); insert into orders values (1)");
    await using site = await openSite({
      datalake: { ...localLake, retention_hours: 24 },
      datasources: [mysqlDatasource(shop, ["orders"])],
    });
    await site.run("extract-and-load", "--all");
    await site.run("extract-and-load", "--all", "--force");
    // As a run that forgets people leaves a kept version when it is killed right after it has published.
    const manifest = join(site.lake, "school/_panorama/manifest.json");
    const text = await readFile(manifest, "utf8");
    const [, kept = ""] = /"replaced":\s*\[\{"at":"[^"]*","files":\["([^"]*)"\]\}\]/.exec(text) ?? [];
    await writeFile(
      manifest,
      text
        .replace(/"replaced":\s*\[[^\]]*\]\}\]/, '"replaced":[]')
        .replace(/"removals":\s*\[\]/, `"removals":["${kept}"]`),
    );

    const looked = await site.run("clean", "--dry-run");
    expect(looked.stdout).toBe(`${kept}  gone from its table, by a run that was interrupted\n`);
    expect(await listFiles(site.lake)).toContain(kept);
    await site.run("clean");
    expect(await listFiles(site.lake)).not.toContain(kept);
  });
});
