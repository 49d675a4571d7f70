import { copyFile, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parquetMetadata } from "hyparquet";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { listFiles, localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

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

interface VerifiedJson {
  readonly table: string;
  readonly withoutReceipt: number;
  readonly findings: readonly { readonly problem: string; readonly message: string }[];
}

async function verified(site: Site, table: string): Promise<VerifiedJson | undefined> {
  const { stdout } = await site.run("verify", "--tables", table, "--format", "json");
  return (JSON.parse(stdout) as readonly VerifiedJson[])[0];
}

/** Files in the lake of what runs read, in name order. */
async function receiptsIn(site: Site): Promise<readonly string[]> {
  return (await listFiles(site.lake)).filter((file) => file.includes("/receipts/"));
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

  test("--repair tells a program once how the tables are in the end, and how it ended", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop, "parquet");
    await site.run("extract-and-load", "--all");
    await rm(await fileOf(site, "orders/country=es"));
    await rm(await fileOf(site, "customers"));
    await shop.query("drop table customers");

    const repaired = await site.run("verify", "--all", "--repair", "--format", "json");

    expect(repaired.exitCode, repaired.stderr).toBe(1);
    expect(JSON.parse(repaired.stdout)).toMatchObject([
      { table: "customers", findings: [{ problem: "missing" }] },
      { table: "orders", rows: 4, findings: [] },
    ]);
  });

  test("names the column in which one bit has changed, and tells of one outside of all columns", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop, "parquet");
    await shop.query(`
      insert into customers (id, name, paid) select seq + 10, concat('name ', seq % 7), seq * 1.25 from (
        with recursive numbers (seq) as (select 1 union all select seq + 1 from numbers where seq < 900) select seq from numbers
      ) as numbers`);
    await site.run("extract-and-load", "--all");
    const customers = await fileOf(site, "customers");
    const bytes = await readFile(customers);
    const { row_groups: groups } = parquetMetadata(new Uint8Array(bytes).buffer);
    const page = (i: number, of: "dictionary_page_offset" | "data_page_offset"): number =>
      Number(groups[0]?.columns[i]?.meta_data?.[of]);
    const flip = async (at: number): Promise<VerifiedJson | undefined> => {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 4;
      await writeFile(customers, damaged);
      return verified(site, "customers");
    };

    const wrong = [
      await flip(page(0, "data_page_offset") + 60),
      await flip(page(1, "dictionary_page_offset") + 50),
      await flip(page(3, "data_page_offset") + 100),
      // The name of the program in the footer.
      await flip(bytes.lastIndexOf("panorama-elt")),
    ].map((each) => each?.findings[0]);

    expect(wrong[0]?.message).toMatch(/column id\b/);
    expect(wrong[1]?.message).toMatch(/column name\b/);
    expect(wrong[2]?.message).toMatch(/column paid\b/);
    expect(wrong[3]).toMatchObject({
      problem: "bytes",
      message: "has other bytes than were written, outside of its values",
    });
    await writeFile(customers, bytes);
    expect((await verified(site, "customers"))?.findings).toEqual([]);
  });

  test("finds a CSV file in which a letter has changed", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop, "csv");
    await site.run("extract-and-load", "--all");
    const customers = await fileOf(site, "customers");
    await writeFile(customers, (await readFile(customers, "utf8")).replace("Ana", "Ena"));

    expect((await verified(site, "customers"))?.findings).toMatchObject([
      { problem: "bytes", message: "has other bytes than were written" },
    ]);
  });

  test("checks files without a receipt as it can, and says how many these are", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop, "parquet");
    await site.run("extract-and-load", "--all");
    const [receipts = ""] = await receiptsIn(site);
    const kept = await readFile(join(site.lake, receipts));
    await writeFile(join(site.lake, receipts), "damaged");

    const damaged = await site.run("verify", "--all");
    await rm(join(site.lake, receipts));
    const none = await site.run("verify", "--all");

    expect(damaged.exitCode).toBe(1);
    expect(damaged.stdout).toMatch(
      /^ {4}The file of the receipts of run \S+ is damaged: it cannot be unpacked$/m,
    );
    expect(none.exitCode).toBe(0);
    expect(none.stdout).toBe(
      "✓ shop.customers  2 rows, 1 file, 1 slice; 1 file without a receipt\n" +
        "✓ shop.orders  4 rows, 3 files, 3 slices; 3 files without a receipt\n",
    );
    await writeFile(join(site.lake, receipts), kept);
    expect((await verified(site, "orders"))?.withoutReceipt).toBe(0);
  });

  test.each(["parquet", "csv"])(
    "knows slices of %s that stayed as they were from the run that wrote them, and all of a table that came back",
    async (format) => {
      await using shop = await server.database();
      await shop.query(`
        create table modules (id int primary key, course varchar(9), changed datetime not null, key (course), key (changed));
        insert into modules values (1, 'A', '2026-01-01'), (2, 'B', '2026-01-02'), (3, 'C', '2026-02-01'),
          (4, 'E', '2026-01-02'), (5, 'F', '2026-01-02'), (6, 'G', '2026-01-02'), (7, 'H', '2026-01-02')`);
      const partitions = { partition_fields: ["course"], timestamp_field: "changed", interval: "10 minute" };
      await using site = await openSite({
        datalake: { ...localLake, format },
        datasources: [mysqlDatasource(shop, [{ name: "modules", partitions }])],
      });
      await site.run("extract-and-load", "--all");
      for (const [course, day] of [
        ["B", "02"],
        ["D", "03"],
      ]) {
        await shop.query(`replace into modules values (2, '${course}', '2026-02-${day}')`);
        const { stderr } = await site.run("--log-format", "json", "extract-and-load", "--all");
        expect(stderr).toContain('"strategy":"slices"');
      }

      expect(await verified(site, "modules")).toMatchObject({ withoutReceipt: 0, findings: [] });
      expect(await receiptsIn(site)).toHaveLength(3);
      if (format === "csv") return;
      const rolledBack = await site.run("rollback");
      expect(rolledBack.exitCode, rolledBack.stderr).toBe(0);
      expect(await verified(site, "modules")).toMatchObject({ withoutReceipt: 0, findings: [] });
    },
  );

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

  test.each(["parquet", "csv"])(
    "--source compares %s slice by slice with what the server has",
    async (format) => {
      await using shop = await server.database();
      await using site = await openShop(shop, format);
      await shop.query(`
      set sql_mode = '';
      create table everything (
        id int unsigned zerofill primary key auto_increment, a bigint, b decimal(20,4), c double, d float, e date, f datetime(6),
        g timestamp null, h varchar(50), i blob, j enum('x','y'), k time(3), l year, m bit(12), n char(10), o json, p tinyint(1));
      insert into everything values
        (1, -9223372036854775808, -0.5, 0.1, 3.14, '2024-02-29', '1969-12-31 23:59:59.5', '2024-01-01', 'a\\\\b\nc', x'00ff10',
          'y', '-838:59:59', 2024, b'101', 'x ', '{"a": [1, "é"]}', 1),
        (2, 0, 0, 0, 0, '0000-00-00', '2024-00-01', null, '', '', null, '00:00:00.5', 0, b'0', '', null, 0),
        (3, 1, 12345.6789, 1e20, -1e-7, '0001-01-01', '9999-12-31', null, '😀 NULL', null, 'x', null, null, null, null, '1', -1)`);
      await site.writeSettings({
        datalake: { ...localLake, format },
        datasources: [mysqlDatasource(shop, ["customers", orders, "everything"])],
      });
      expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);

      const same = await site.run("verify", "--all", "--source");
      expect(same.stdout, same.stderr).toBe(
        "✓ shop.customers  2 rows, 1 file, 1 slice; compared with the source\n" +
          "✓ shop.orders  4 rows, 3 files, 3 slices; compared with the source\n" +
          "✓ shop.everything  3 rows, 1 file, 1 slice; compared with the source\n",
      );

      await shop.query("update orders set note = 'B' where id = 2");
      await shop.query("delete from orders where country is null");
      await shop.query("insert into orders values (5, 'pt', 'e')");
      await shop.query("update everything set k = '00:00:01', o = null where id = 1");
      const { exitCode, stdout } = await site.run("verify", "--all", "--source", "--repair");
      expect(stdout).toContain("    country=ar: other values in column note\n");
      expect(stdout).toContain("    country=NULL: 0 rows at the source, 1 in the lake\n");
      expect(stdout).toContain("    country=pt: 1 rows at the source, 0 in the lake\n");
      expect(stdout).toContain("    other values in columns k, o\n");
      expect(exitCode).toBe(0);
      expect((await site.run("verify", "--all", "--source")).exitCode).toBe(0);
    },
  );
});
