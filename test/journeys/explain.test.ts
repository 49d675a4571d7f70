import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { describeWithHttpfs } from "../services/duckdb-httpfs.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openS3Site } from "./s3-site.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const orders = { name: "orders", partitions: { partition_fields: ["country"] } };

async function fillShop(shop: TestDatabase): Promise<void> {
  await shop.query(`
    create table orders (id int primary key, country char(2), total decimal(8,2), placed datetime, note text);
    insert into orders values (1, 'ar', 1.5, '2026-01-01 10:00:00', 'a'), (2, 'es', 2, '0000-00-00 00:00:00', 'b\nc');
    create table seats (room varchar(20), seat int, taken_by text, primary key (room, seat));
    insert into seats values ('B, 12', 7, 'Ana'), ('A', 7, 'Bo')`);
}

async function openShop(shop: TestDatabase, datalake: object = {}): Promise<Site> {
  await fillShop(shop);
  return openSite({
    datalake: { ...localLake, retention_hours: 24, ...datalake },
    datasources: [mysqlDatasource(shop, [orders, "seats"])],
  });
}

async function load(site: Site): Promise<string> {
  const { exitCode, stderr } = await site.run("extract-and-load", "--all", "--force", "--log-format", "text");
  expect(exitCode, stderr).toBe(0);
  return / Run (\S+):/.exec(stderr)?.[1] ?? "";
}

async function explain(site: Site, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { exitCode, stdout, stderr } = await site.run("explain", "--format", "json", ...args);
  if (stdout === "") throw new Error(stderr);
  return { exitCode, ...(JSON.parse(stdout) as object) };
}

describeOnServers("panorama explain", (server) => {
  test.each(["parquet", "csv"])(
    "tells file, slice and run of a row in %s, and that it is the same",
    async (format) => {
      await using shop = await server.database();
      await using site = await openShop(shop, { format });
      const run = await load(site);

      const { exitCode, stdout, stderr } = await site.run("explain", "orders", "2");

      expect(stdout, stderr).toMatch(/^✓ shop\.orders id=2: the lake has it as the source has it now\n/);
      expect(stdout).toMatch(/^lake {4}school\/orders\/country=es\/\S+\n {8}current, slice country=es$/m);
      expect(stdout).toMatch(
        new RegExp(`^ {8}run ${run}: began 20.*, read it 20.*, published 20.* UTC; full, forced$`, "m"),
      );
      expect(stdout).toMatch(/^source {2}read 20.* UTC, slice country=es$/m);
      expect(exitCode).toBe(0);
      expect((await site.run("explain", "shop.seats", "B, 12", "7")).exitCode).toBe(0);
    },
  );
});
