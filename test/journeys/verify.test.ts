import { copyFile, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const orders = { name: "orders", partitions: { partition_fields: ["country"] } };

async function openShop(shop: TestDatabase, format: string): Promise<Site> {
  await shop.query(`
    create table customers (id bigint unsigned primary key, name varchar(20), born date, paid decimal(12,2), x blob,
      d double, f float, t timestamp(6) null);
    insert into customers values (1, 'Ana', '1990-01-01', 1.25, x'00ff', 1e300, 0.1, now()), (2, null, null, null, null, null, null, null);
    create table orders (id int primary key, country char(2), note text);
    insert into orders values (1, 'ar', 'a'), (2, 'ar', 'b'), (3, 'es', 'c'), (4, null, 'd')`);
  return openSite({
    datalake: { ...localLake, format },
    datasources: [mysqlDatasource(shop, ["customers", orders])],
  });
}

async function fileOf(site: Site, part: string): Promise<string> {
  const file = (await site.files()).find((each) => each.startsWith(`school/${part}`));
  return join(site.lake, file ?? "nothing");
}

describeOnServers("panorama verify", (server) => {
  test.each(["parquet", "csv"])("finds nothing in a lake of %s as it was published", async (format) => {
    await using shop = await server.database();
    await using site = await openShop(shop, format);
    expect((await site.run("verify", "--all")).stdout).toBe(
      "- shop.customers  not loaded yet\n- shop.orders  not loaded yet\n",
    );
    await site.run("extract-and-load", "--all");

    const { exitCode, stdout, stderr } = await site.run("verify", "--all");

    expect(stdout, stderr).toBe(
      "✓ shop.customers  2 rows, 1 file, 1 slice\n✓ shop.orders  4 rows, 3 files, 3 slices\n",
    );
    expect(exitCode).toBe(0);
  });

  test("names what is missing, cut short, damaged, or another file, and --repair loads it anew", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop, "parquet");
    await site.run("extract-and-load", "--all");
    await rm(await fileOf(site, "orders/country=es"));
    await truncate(await fileOf(site, "orders/country=ar"), 100);
    const customers = await fileOf(site, "customers");
    const bytes = await readFile(customers);
    // In the first page, behind the magic number and the page's header.
    bytes.fill(0x55, 40, 70);
    await writeFile(customers, bytes);

    const { exitCode, stdout } = await site.run("verify", "--all");

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^✗ shop\.customers {2}1 difference in 2 rows, 1 file, 1 slice$/m);
    expect(stdout).toMatch(/^ {4}school\/customers\/\S+parquet cannot be read: /m);
    expect(stdout).toMatch(/^ {4}school\/orders\/country=es\/\S+ is missing$/m);
    expect(stdout).toMatch(/^ {4}school\/orders\/country=ar\/\S+ has 100 bytes, not \d+$/m);

    const repaired = await site.run("verify", "--all", "--repair");
    expect(repaired.exitCode, repaired.stderr).toBe(0);
    expect((await site.run("verify", "--all")).exitCode).toBe(0);
    expect(await site.query("select count(*)::int as n from school_table_orders")).toEqual([{ n: 4 }]);
  });

  test("names a file that has other rows or columns than the manifest says", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop, "parquet");
    await site.run("extract-and-load", "--all");
    const manifest = join(site.lake, "school/_panorama/manifest.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, text.replace('"type":"decimal(12,2)"', '"type":"int64"'));

    const types = await site.run("verify", "--tables", "customers", "--format", "json");
    expect(types.exitCode).toBe(1);
    expect(JSON.parse(types.stdout)).toMatchObject([
      { table: "customers", findings: [{ problem: "types", message: "paid is decimal(12,2), not bigint" }] },
    ]);

    await writeFile(manifest, text);
    const [es, ar] = [await fileOf(site, "orders/country=es"), await fileOf(site, "orders/country=ar")];
    await copyFile(es, ar);
    const [one, two] = [/"byteCount":(\d+),"rowCount":2/, /"byteCount":(\d+),"rowCount":1/].map(
      (pattern) => pattern.exec(text.slice(text.indexOf('"table":"orders"')))?.[1] ?? "",
    );
    await writeFile(
      manifest,
      text.replace(`"byteCount":${one},"rowCount":2`, `"byteCount":${two},"rowCount":2`),
    );
    const rows = await site.run("verify", "--tables", "orders");
    expect(rows.stdout).toMatch(/^ {4}school\/orders\/country=ar\/\S+ has 1 rows, not 2$/m);
  });
});
