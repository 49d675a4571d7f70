import { expect, test } from "vitest";
import { extractAndLoad, readSettings, type RunEvent } from "../../src/index.ts";
import { addForgottenPeople } from "../../src/lake/forgotten-people.ts";
import { openLake } from "../../src/open.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { forget } from "./forget-world.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const modules = {
  name: "courseware_studentmodule",
  strategy: "merge",
  partitions: { timestamp_field: "modified", interval: "1 second" },
};
const ids = Array.from({ length: 40 }, (_, i) => i + 1);
/** Of user 2 are all rows of the range from 10 to below 20, and one of another. */
const isForgotten = (id: number): boolean => (id >= 10 && id < 20) || id === 25;

async function fill(school: TestDatabase): Promise<void> {
  const rows = ids.map(
    (id) => `(${id}, ${isForgotten(id) ? 2 : 1}, ${id}, '2026-01-01' + interval ${id} hour)`,
  );
  await school.query(`
    create table auth_user (id int primary key, username varchar(150), email varchar(254));
    insert into auth_user values (1, 'ana', 'ana@x.org'), (2, 'bo', 'bo@x.org');
    create table courseware_studentmodule (
      id bigint unsigned primary key, student_id int, grade double, modified datetime(6) not null, key (modified));
    insert into courseware_studentmodule values ${rows.join(", ")};
    analyze table courseware_studentmodule`);
}

/** Loads in ranges of ten keys, and answers with how many were read and how many stayed. */
async function load(site: Site, force = false): Promise<readonly number[] | undefined> {
  const events: RunEvent[] = [];
  await extractAndLoad(
    await readSettings(site.settingsFile),
    { all: true },
    {
      reporter: { report: (event) => void events.push(event), close: () => undefined },
      ...{ signal: new AbortController().signal, force, rowsPerKeyRange: 10 },
    },
  );
  const loaded = events.find((event) => event.kind === "table-loaded" && event.table === modules.name);
  return loaded?.kind === "table-loaded" ? [loaded.slices, loaded.keptSlices] : undefined;
}

async function loadedSite(school: TestDatabase): Promise<Site> {
  await fill(school);
  const site = await openSite({
    datalake: localLake,
    datasources: [mysqlDatasource(school, ["auth_user", modules], { parallel_reads: 1 })],
  });
  await load(site);
  return site;
}

async function parquetFiles(site: Site): Promise<readonly string[]> {
  return (await site.files()).filter((file) => /courseware_studentmodule\/.*\.parquet$/.test(file));
}

async function idsInLake(site: Site): Promise<readonly number[]> {
  const rows = await site.query("select id from school_table_courseware_studentmodule order by id");
  return rows.map(({ id }) => Number(id));
}

describeOnServers("a table that is kept in ranges of its key and loses a person", (server) => {
  test("keeps its ranges, of which later loads read those that change", async () => {
    await using school = await server.database();
    await using site = await loadedSite(school);
    const others = ids.filter((id) => !isForgotten(id));

    await forget(site, "--user", "2");

    expect(await idsInLake(site)).toEqual(others);
    await school.query(
      "update courseware_studentmodule set grade = 9, modified = '2026-01-03' where id = 35",
    );
    // And the one with the latest row of before.
    expect(await load(site)).toEqual([2, 3]);
    expect(await idsInLake(site)).toEqual(others);
    await school.query(
      "update courseware_studentmodule set grade = 9, modified = '2026-01-04' where id = 26",
    );
    expect(await load(site)).toEqual([2, 3]);
    expect(await idsInLake(site)).toEqual(others);
    await load(site, true);
    expect(await idsInLake(site)).toEqual(others);
    const compared = await site.run("verify", "--all", "--source");
    expect(compared.exitCode, compared.stdout).toBe(0);
  });

  test("keeps the files that are published until others are, also where rows of the person are in them", async () => {
    await using school = await server.database();
    await using site = await loadedSite(school);
    const before = await parquetFiles(site);
    // As a run leaves it that is killed before it has removed a row.
    const { store, place } = await openLake(await readSettings(site.settingsFile));
    await addForgottenPeople(store, place, { users: ["2"], columns: [], leads: {} });
    await school.query(
      "update courseware_studentmodule set student_id = 2, modified = '2026-01-03' where id = 36",
    );

    expect(await load(site)).toEqual([2, 3]);

    expect(await idsInLake(site)).toEqual(ids.filter((id) => id !== 36));
    expect(await parquetFiles(site)).toEqual(expect.arrayContaining([...before]));
    expect(await parquetFiles(site)).toHaveLength(before.length + 2);
    await forget(site, "--retired");
    expect(await idsInLake(site)).toEqual(ids.filter((id) => !isForgotten(id) && id !== 36));
    const verified = await site.run("verify", "--all");
    expect(verified.exitCode, verified.stdout).toBe(0);
  });
});
