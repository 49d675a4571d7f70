import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { fillMysql } from "../../bench/fill-mysql.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const key = "a key of the test's own";
const env = { PANORAMA_PRIVACY_KEY: key };

function hashOf(text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

function messagesOf(log: string, kind: string): readonly unknown[] {
  return readEvents(log)
    .filter((event) => event.kind === kind)
    .map(({ table, message }) => [table, message]);
}

describeOnServers(
  "a site with the preset",
  (server) => {
    test("is loaded without names, secrets and what a fork has added, and without the tables it lacks", async () => {
      await using school = await server.database();
      await fillMysql(school.sourceOptions, { scale: 0.02, seed: 5 });
      await school.query(`
        drop table enterprise_pendingenterprisecustomeruser;
        alter table auth_userprofile add column national_id varchar(20) default 'X123';
        alter table course_overviews_courseoverview add column faculty varchar(20) default 'arts'`);
      const datasource = mysqlDatasource(school, [], { preset: "openedx", privacy: "pseudonymous" });
      await using site = await openSite({ datalake: localLake, datasources: [datasource] });

      const refused = await site.run("extract-and-load", "--all");

      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toContain("there is no key: set PANORAMA_PRIVACY_KEY to a secret of your own");
      expect(await site.files()).toEqual([]);

      const run = await site.runWith({ env }, "--log-format", "json", "extract-and-load", "--all");

      expect(run.exitCode, run.stderr).toBe(0);
      expect(run.stderr).not.toContain(key);
      expect(messagesOf(run.stderr, "notice")).toEqual([
        [
          undefined,
          "not there, or not to be read by this account, and left out: enterprise_pendingenterprisecustomeruser",
        ],
      ]);
      expect(messagesOf(run.stderr, "warning")).toEqual([
        [
          "auth_userprofile",
          "left out, because the preset does not know them: national_id; `privacy: {national_id: keep}` loads a column",
        ],
      ]);
      const query = queryWithKey(site);
      const [user] = await school.query("select username, email from auth_user where id = 3");
      expect(await query("select id, username, email from school_table_auth_user where id = 3")).toEqual([
        { id: 3, username: hashOf(String(user?.["username"])), email: hashOf(String(user?.["email"])) },
      ]);
      const columns =
        "select column_name from information_schema.columns where table_name = 'school_table_auth_user'";
      expect((await query(columns)).map(({ column_name: name }) => name)).not.toContain("password");
      expect(
        await query("select distinct faculty from school_table_course_overviews_courseoverview"),
      ).toEqual([{ faculty: "arts" }]);
    });

    test("in the wrong database fails rather than being empty", async () => {
      await using empty = await server.database();
      const datasource = mysqlDatasource(empty, [], { preset: "openedx" });
      await using site = await openSite({ datalake: localLake, datasources: [datasource] });

      const { exitCode, stderr } = await site.run("extract-and-load", "--all");

      expect(exitCode).toBe(1);
      expect(stderr).toContain("✗ shop: None of these tables is in shop (TABLE_MISSING)");
    });

    test("is hashed alike by one reader and by three", async () => {
      await using school = await server.database();
      await school.query(`
        create table visits (id bigint unsigned primary key auto_increment, place int not null, note varchar(40), seen datetime(6));
        insert into visits (place, note, seen) values (1, 'first', '2020-02-29'), (2, null, null)`);
      // 2^18 rows: from 200,000 on a table is worth several connections.
      for (let doubled = 2; doubled < 262_144; doubled *= 2) {
        await school.query(
          "insert into visits (place, note, seen) select place + id % 99, if(id % 5 = 0, null, concat('v', id % 1000)), seen from visits",
        );
      }
      await school.query("analyze table visits");
      const visits = { name: "visits", privacy: { place: "hash", note: "hash", seen: "year" } };
      const answers: unknown[] = [];
      for (const parallelReads of [1, 3]) {
        const datasource = mysqlDatasource(school, [visits], { parallel_reads: parallelReads });
        await using site = await openSite({ datalake: localLake, datasources: [datasource] });

        const run = await site.runWith({ env }, "extract-and-load", "--all");

        expect(run.exitCode, run.stderr).toBe(0);
        const parquetFiles = (await site.files()).filter((file) => file.endsWith(".parquet"));
        expect(parquetFiles).toHaveLength(parallelReads);
        answers.push(
          await queryWithKey(site)(
            "select count(*) as n, sum(hash(id, place, note, seen))::varchar as whole, count(note) as notes, " +
              `count(*) filter (where place = '${hashOf("1")}') as ones, max(seen) as seen from school_table_visits`,
          ),
        );
      }
      expect(answers[1]).toEqual(answers[0]);
      const [expected] = await school.query(
        "select count(*) as n, count(note) as notes, sum(place = 1) as ones from visits",
      );
      const numbers = Object.entries(expected ?? {}).map(([name, value]) => [name, Number(value)]);
      expect(answers[0]).toEqual([
        { ...Object.fromEntries(numbers), seen: 2020, whole: expect.stringMatching(/^\d+$/) as string },
      ]);
    });
  },
  ["mariadb"],
);

/** The settings are read in this process too, which has no key. */
function queryWithKey(site: Site): Site["query"] {
  return async (sql) => {
    const { exitCode, stdout, stderr } = await site.runWith({ env }, "query", "--format", "json", sql);
    expect(exitCode, stderr).toBe(0);
    return JSON.parse(stdout) as Awaited<ReturnType<Site["query"]>>;
  };
}
