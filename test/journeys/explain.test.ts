import { createHmac } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Outcome, run } from "../cli/command-line.ts";
import { describeWithHttpfs } from "../services/duckdb-httpfs.ts";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openAwsSite } from "./aws-site.ts";
import { openS3Site } from "./s3-site.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const secretKey = "a key of the test's own";
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

/** In this process, which takes a tenth of the time. */
async function show(site: Site, ...args: readonly string[]): Promise<Outcome> {
  return run(["--settings", site.settingsFile, "explain", ...args]);
}

async function explain(site: Site, ...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { exitCode, stdout, stderr } = await show(site, "--format", "json", ...args);
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

  test("tells what differs at the source, what went, what came, and what neither has", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop);
    expect(await explain(site, "orders", "1")).toMatchObject({
      ...{ exitCode: 1, verdict: "new", lake: [], why: ["the table has not been loaded yet"] },
    });
    await load(site);
    await shop.query("update orders set total = 3, note = null, placed = '2026-02-30' where id = 2");
    await shop.query("delete from orders where id = 1");
    await shop.query("insert into orders values (3, 'pt', 1, null, null)");

    const { exitCode, stdout } = await show(site, "orders", "2");

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^✗ shop\.orders id=2: lake and source differ in total, note$/m);
    // An impossible date is NULL in the lake, whatever it is.
    expect(stdout).toMatch(/^column {2}lake {4}source\ntotal {3}2.00 {4}3.00\nnote {4}'b\\nc' {2}NULL$/m);
    expect(stdout).toMatch(
      /^- the next load reads all rows: it may have changed, and its settings do not say how to find what has/m,
    );
    expect(await explain(site, "orders", "1")).toMatchObject({
      ...{ exitCode: 1, verdict: "gone", atSource: { there: false }, differences: [] },
      lake: [{ slice: { country: "ar" } }],
    });
    expect(await explain(site, "orders", "3")).toMatchObject({
      ...{ exitCode: 1, verdict: "new", lake: [], atSource: { there: true, slice: { country: "pt" } } },
    });
    expect(await explain(site, "orders", "4")).toMatchObject({ exitCode: 1, verdict: "nowhere" });
    await shop.query("drop table orders");
    expect(await explain(site, "orders", "2")).toMatchObject({
      ...{ exitCode: 1, verdict: "not-compared", lake: [{ slice: { country: "es" } }] },
      atSource: { error: { code: "TABLE_MISSING" } },
    });
  });

  test("finds earlier versions in files that are kept, in whichever slice they were", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop);
    await shop.query("delete from orders where id = 1");
    const first = await load(site);
    await shop.query("insert into orders values (1, 'ar', 1.5, null, 'a')");
    const second = await load(site);
    await shop.query("update orders set country = 'es', total = 2.5 where id = 1");
    const third = await load(site);

    const moved = await explain(site, "orders", "1");
    const { stdout } = await show(site, "orders", "1");

    expect(moved).toMatchObject({
      verdict: "same",
      lake: [{ slice: { country: "es" }, load: { run: third, strategy: "full", reason: "forced" } }],
      others: [
        {
          load: { run: second },
          row: {
            ...{ slice: { country: "ar" }, replacedAt: expect.stringMatching(/^20/) as unknown },
            differences: [
              { column: "country", was: "ar", became: "es" },
              { column: "total", was: "1.50", became: "2.50" },
            ],
          },
        },
        { load: { run: first } },
      ],
    });
    expect(stdout).toMatch(
      /^kept {4}school\/orders\/country=ar\/\S+\n {8}replaced 20.* UTC, slice country=ar$/m,
    );
    expect(stdout).toMatch(/^ {8}country {2}ar {4}→ {2}es\n {8}total {4}1.50 {2}→ {2}2.50$/m);

    await site.run("rollback", "--to", second);
    expect(await explain(site, "orders", "1")).toMatchObject({
      verdict: "different",
      lake: [{ slice: { country: "ar" }, load: { run: second } }],
      others: [
        { load: { run: third }, row: { differences: [{ column: "country" }, { column: "total" }] } },
        { load: { run: first } },
      ],
      differences: [
        { column: "country", lake: "ar", source: "es" },
        { column: "total", lake: "1.50", source: "2.50" },
      ],
      why: [`the lake went back to an earlier load than that of run ${third}`],
    });
  });

  test("says by the row's own time whether the next load sees a change", async () => {
    await using school = await server.database();
    await school.query(`
      create table modules (id int primary key, course varchar(20), grade int, modified datetime(6), key (course));
      insert into modules values (1, 'A', 1, '2026-01-01'), (2, 'B', 2, '2026-01-02'), (3, 'C', 3, '2026-01-03')`);
    const partitions = { partition_fields: ["course"], timestamp_field: "modified", reconcile: "never" };
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [{ name: "modules", partitions }])],
    });
    await load(site);
    await school.query("update modules set grade = 10 where id = 1");
    await school.query("update modules set grade = 20, modified = '2026-02-01 00:00:00' where id = 2");
    await school.query("update modules set grade = 30, modified = null where id = 3");

    const silent = await explain(site, "modules", "1");
    const told = await explain(site, "modules", "id=2");

    expect(silent).toMatchObject({ verdict: "different", next: { strategy: "changes" } });
    expect(silent["why"]).toEqual([
      expect.stringMatching(
        /^its modified is 2026-01-01 .* before the last load's watermark 2026-01-02 .* left the time/,
      ),
      expect.stringContaining(
        "a load of all rows (`reconcile`) is not asked for; `panorama extract-and-load --force`",
      ),
    ]);
    expect(told["why"]).toContainEqual(expect.stringContaining("it changed after that load"));
    expect((await explain(site, "modules", "3"))["why"]).toContainEqual(
      expect.stringContaining("NULL at the source"),
    );
  });

  test("reads the row as the next load does, where the lake keeps its columns, and says where that would fail", async () => {
    await using school = await server.database();
    await school.query(`
      create table modules (id bigint primary key, course varchar(20), grade bigint, modified datetime(6), key (course));
      insert into modules values (1, 'A', 1, '2026-01-01'), (2, 'B', 2, '2026-01-02'), (3, 'C', 3, '2026-01-03')`);
    const partitions = { partition_fields: ["course"], timestamp_field: "modified", reconcile: "never" };
    const settings = (onSchemaChange: string): Parameters<Site["writeSettings"]>[0] => ({
      datalake: localLake,
      datasources: [
        mysqlDatasource(school, [{ name: "modules", partitions, on_schema_change: onSchemaChange }]),
      ],
    });
    await using site = await openSite(settings("ignore"));
    await load(site);
    await school.query("alter table modules add column note text, modify id int, modify grade int");
    await load(site);
    await school.query("update modules set grade = 20, note = 'new', modified = '2026-02-01' where id = 2");

    const kept = await explain(site, "modules", "2");
    await site.writeSettings(settings("fail"));
    const refused = await explain(site, "modules", "2");
    const { stdout } = await show(site, "modules", "2");

    expect(kept).toMatchObject({
      ...{ exitCode: 1, verdict: "different", next: { strategy: "changes" } },
      differences: [
        { column: "grade", lake: "2", source: "20" },
        { column: "modified", lake: "2026-01-02 00:00:00.000000", source: "2026-02-01 00:00:00.000000" },
      ],
    });
    expect(refused).toMatchObject({ next: { strategy: "failed", error: { code: "SCHEMA_CHANGED" } } });
    expect(stdout).toMatch(
      /^- the next load fails: Table modules has other columns than at its last load; .*\(SCHEMA_CHANGED\)$/m,
    );
  });

  test("names every file of a row that the lake has more than once", async () => {
    await using school = await server.database();
    await school.query(`
      create table modules (id int primary key, course varchar(20), modified datetime(6), key (modified));
      insert into modules values (1, 'A', '2026-01-01'), (2, 'A', '2026-01-01'), (3, 'B', '2026-01-01'), (4, 'C', '2026-01-01'),
        (5, 'D', '2026-01-31')`);
    // Without an index that begins with the course nobody counts the rows of the slice that the row has left.
    const partitions = { partition_fields: ["course"], timestamp_field: "modified", reconcile: "never" };
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [{ name: "modules", partitions }])],
    });
    await load(site);
    await school.query("update modules set course = 'B', modified = '2026-02-01' where id = 1");
    await site.run("extract-and-load", "--all");

    const row = await explain(site, "modules", "1");
    const { stdout } = await show(site, "modules", "1");

    expect(row).toMatchObject({
      ...{ exitCode: 1, verdict: "different" },
      lake: [{ slice: { course: "A" } }, { slice: { course: "B" }, load: { strategy: "slices" } }],
    });
    expect(stdout).toMatch(/^- the lake has 2 rows with this key: one that moved/m);
  });

  test("tells the lake's part where the source cannot be reached, and does without kept files that are gone", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop);
    await load(site);
    await shop.query("update orders set total = 9 where id = 2");
    await load(site);
    const before = await explain(site, "orders", "2");
    const there = { ...shop.sourceOptions, port: 1 };
    await site.writeSettings({
      datalake: localLake,
      datasources: [mysqlDatasource({ name: shop.name, sourceOptions: there }, [orders, "seats"])],
    });

    const [lake, kept] = [before["lake"], before["others"]] as [
      readonly { readonly file: string }[],
      readonly { readonly row: { readonly file: string } }[],
    ];
    await rm(join(site.lake, kept[0]?.row.file ?? ""));
    expect(await explain(site, "orders", "2")).toMatchObject({
      ...{ exitCode: 1, verdict: "not-compared", lake, others: [], why: [] },
      atSource: { error: { code: "SOURCE_UNREACHABLE" } },
    });
    await rm(join(site.lake, lake[0]?.file ?? ""));
    const { exitCode, stderr } = await show(site, "orders", "2");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^✗ orders: Files of orders cannot be read: `panorama verify --tables orders` names them/,
    );
    expect(stderr).not.toContain("country=");
  });

  test("takes texts with quotes and emoji, bytes, decimals and times for keys, exactly as they are", async () => {
    await using shop = await server.database();
    const quoted = "O'Brien \"\\ 🦉` = 1, -- %";
    await shop.query(
      `create table texts (name varchar(50) character set utf8mb4 primary key, n int);
       create table marks (name varchar(20) character set utf8mb4 primary key, note text);
       insert into marks values (concat(convert(x'efbbbf' using utf8mb4), 'a'), concat(convert(x'efbbbf' using utf8mb4), 'b'));
       create table old (name varchar(20) character set latin1 primary key); insert into old values ('é');
       create table mixed (b varbinary(8), d decimal(30,10), t datetime(6), u bigint unsigned, e enum('x','y'), day date,
         primary key (b, d, t, u, e, day));
       insert into mixed values (x'00ff27', -0.5, '2026-01-02 03:04:05.678', 18446744073709551615, 'y', '2024-02-29')`,
    );
    await shop.query("insert into texts values (?, 1), ('abc', 2)", [quoted]);
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(shop, ["texts", "marks", "old", "mixed"])],
    });
    await load(site);

    expect(await explain(site, "texts", quoted)).toMatchObject({ verdict: "same", key: { name: quoted } });
    expect(await explain(site, "texts", "name=abc")).toMatchObject({ verdict: "same", key: { name: "abc" } });
    // A mark at the beginning is a character like any other.
    expect(await explain(site, "marks", "\uFEFFa")).toMatchObject({ verdict: "same", differences: [] });
    expect(await explain(site, "marks", "a")).toMatchObject({ verdict: "nowhere" });
    // The server's collation calls them equal.
    expect(await explain(site, "texts", "ABC")).toMatchObject({ verdict: "nowhere" });
    expect(await explain(site, "old", "é")).toMatchObject({ verdict: "same" });
    expect(await explain(site, "old", "🦉")).toMatchObject({ verdict: "nowhere" });
    const mixed = ["0x00FF27", "-.5", "2026-01-02 03:04:05.678", "18446744073709551615", "y", "2024-02-29"];
    expect(await explain(site, "mixed", "--", ...mixed)).toMatchObject({ verdict: "same" });
    const named = [
      "b=00ff27",
      "d=-0.5",
      "T=2026-01-02T03:04:05.678",
      `u=${mixed[3] ?? ""}`,
      "e=y",
      "day=2024-02-29",
    ];
    expect(await explain(site, "mixed", ...named.reverse())).toMatchObject({ verdict: "same" });
  });

  test("shows no value that privacy hides, and finds a key by what the source has for its hash", async () => {
    await using school = await server.database();
    await school.query(`
      create table users (email varchar(50) primary key, name text, born date, note text);
      insert into users values ('ana@example.com', 'Ana Lopez', '1990-05-05', 'x')`);
    const privacy = { email: "hash", name: "hash", born: "year", note: "null" };
    const datasource = mysqlDatasource(school, [{ name: "users", privacy }]);
    const settings = { privacy_key_file: "./key", datalake: localLake, datasources: [datasource] };
    await using site = await openSite(JSON.stringify(settings));
    await writeFile(join(site.folder, "key"), secretKey);
    await load(site);

    expect(await explain(site, "users", "ana@example.com")).toMatchObject({ verdict: "same" });
    await school.query("update users set name = 'Ana Ruiz', born = '1991-05-05', note = 'y'");
    const { stdout, exitCode } = await show(site, "users", "ana@example.com", "--format", "json");

    expect(JSON.parse(stdout)).toMatchObject({
      differences: [
        { column: "name", hidden: "hash" },
        { column: "born", lake: "1990", source: "1991" },
      ],
      hidden: { email: "hash", name: "hash", note: "null" },
    });
    expect(exitCode).toBe(1);
    const hash = createHmac("sha256", secretKey).update("Ana Lopez").digest("hex");
    const shown = (await show(site, "users", "ana@example.com")).stdout;
    expect(shown).toMatch(/^name {4}differs \(hash\)$/m);
    for (const secret of ["Lopez", "Ruiz", hash]) expect(stdout + shown).not.toContain(secret);
  });

  test("says what to type where the key is not the table's, or it has none", async () => {
    await using shop = await server.database();
    await using site = await openShop(shop);
    await shop.query("create table notes (text varchar(20)); insert into notes values ('a')");
    await site.writeSettings({
      datalake: localLake,
      datasources: [
        mysqlDatasource(shop, [
          { ...orders, fields: [{ name: "country" }, { name: "total" }] },
          "seats",
          "notes",
        ]),
      ],
    });

    const errors = [
      ["shop.seats", "A"],
      ["shop.seats", "room=A", "7"],
      ["shop.seats", "A", "seven"],
      ["orders", "1"],
      ["notes", "a"],
      ["seat", "1"],
    ].map((args) => show(site, ...args));

    const ended = await Promise.all(errors);
    expect(ended.map(({ exitCode }) => exitCode)).toEqual(ended.map(() => 2));
    expect(ended.map(({ stderr }) => stderr.split("\n")[0])).toEqual([
      expect.stringContaining("A row of seats is told by room, seat: type room=… seat=… (USAGE)"),
      expect.stringContaining("type room=… seat=… (USAGE)"),
      expect.stringContaining("The value for seat, of the key of seats, is no int"),
      expect.stringContaining(
        "Table orders is not loaded with id of its key; `panorama query` shows its rows",
      ),
      expect.stringContaining("Table notes has no key in the lake, so that none of its rows can be named"),
      expect.stringContaining("The settings have no table seat, did you mean seats?"),
    ]);
  });
});

describeOnS3("panorama explain in a bucket", (s3) => {
  describeWithHttpfs("read by DuckDB", (home) => {
    describeOnServers(
      "of a MySQL database",
      (server) => {
        test("finds a row and its earlier versions", async () => {
          await using bucket = await s3.bucket();
          await using shop = await server.database();
          await fillShop(shop);
          await using lake = await openS3Site(
            { s3, bucket, home },
            { datalake: { retention_hours: 24 }, datasources: [mysqlDatasource(shop, [orders, "seats"])] },
          );
          await lake.run("extract-and-load", "--all");
          await shop.query("update orders set total = 4 where id = 2");
          await lake.run("extract-and-load", "--all", "--force");

          expect(await explain(lake.site, "orders", "2")).toMatchObject({
            ...{ exitCode: 0, verdict: "same" },
            lake: [{ file: expect.stringMatching(/^orders\/country=es\//) as unknown }],
            others: [{ row: { differences: [{ column: "total", was: "2.00", became: "4.00" }] } }],
          });
        });

        describeOnMoto("with Athena", (moto) => {
          test("finds a row in CSV files below base partitions", async () => {
            await using shop = await server.database();
            await fillShop(shop);
            await using lake = await openAwsSite(
              { s3, moto },
              { datasources: [mysqlDatasource(shop, [orders, "seats"])] },
            );
            await lake.run("extract-and-load", "--all");
            await shop.query("update orders set note = 'B' where id = 2");

            expect(await explain(lake.site, "orders", "2")).toMatchObject({
              ...{ exitCode: 1, verdict: "different", others: [] },
              lake: [
                {
                  file: "openedx/orders/lms=lms.example.com/country=es/orders.csv",
                  load: { strategy: "full", reason: "first-load" },
                },
              ],
              differences: [{ column: "note", lake: "b\\nc", source: "B" }],
            });
          });
        });
      },
      ["mariadb"],
    );
  });
});
