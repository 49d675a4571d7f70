import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

const modules = {
  name: "modules",
  partitions: { partition_fields: ["course_id"], timestamp_field: "modified", interval: "10 minute" },
};

async function plan(site: Site): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { stdout, stderr } = await site.run("plan", "--all", "--format", "json");
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
}

/** A change is known to be over when it is some seconds old. */
const settling = 4_500;

describeOnServers("panorama plan", (server) => {
  test("tells what a load would do and why, and does nothing", async () => {
    await using school = await server.database();
    await school.query(`
      create table users (id int primary key, name text); insert into users values (1, 'Ana');
      create table modules (
        id int primary key, course_id varchar(50), modified datetime(6) not null, key (course_id), key (modified));
      insert into modules values (1, 'A', '2026-01-01'), (2, 'B', '2026-01-02'), (3, 'C', '2026-01-03'),
        (4, 'D', '2026-01-04'), (5, 'D', '2026-02-01')`);
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, ["users", modules, "missing"])],
    });
    await setTimeout(settling);

    expect(await plan(site)).toMatchObject([
      { table: "users", source: "shop", strategy: "full", reason: "first-load" },
      { table: "modules", strategy: "full", reason: "first-load" },
      { table: "missing", strategy: "failed", error: { code: "TABLE_MISSING" } },
    ]);
    expect(await site.files()).toEqual([]);

    await site.run("extract-and-load", "--all");
    expect(await plan(site)).toMatchObject([
      { table: "users", strategy: "unchanged" },
      { table: "modules", strategy: "unchanged" },
      { table: "missing", strategy: "failed" },
    ]);

    await school.query("update users set name = 'Bo'");
    await school.query("insert into modules values (6, 'B', '2026-01-02')");
    await school.query("delete from modules where course_id = 'A'");
    const files = await site.files();
    expect(await plan(site)).toMatchObject([
      { table: "users", strategy: "full", reason: "not-incremental" },
      {
        ...{ table: "modules", strategy: "slices", keptSlices: 1, goneSlices: 1, estimatedRows: 4 },
        slices: expect.arrayContaining([{ course_id: "D" }, { course_id: "B" }]) as unknown,
        costs: { rowCounts: expect.stringMatching(/index$/) as unknown },
      },
      { table: "missing", strategy: "failed" },
    ]);
    expect(await site.files()).toEqual(files);
    const { stdout, exitCode } = await site.run("plan", "--tables", "users,modules");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^shop\.modules +slices +4 {2}2 of 3 slices, 1 slice gone\n {4}course_id=\w, course_id=\w$/m,
    );

    await school.query("alter table users add column age int");
    expect((await plan(site))[0]).toMatchObject({ strategy: "full", reason: "columns-changed" });
  });

  test("tells where a question makes the server look through the whole table", async () => {
    await using school = await server.database();
    await school.query(`
      create table modules (id int primary key, course_id varchar(50), modified datetime(6) not null);
      insert into modules values (1, 'A', '2026-01-01'), (2, 'B', '2026-01-02'), (3, 'C', '2026-02-03'), (5, 'D', '2026-01-04')`);
    await using site = await openSite({
      datalake: localLake,
      datasources: [mysqlDatasource(school, [modules])],
    });
    await site.run("extract-and-load", "--all");
    await school.query("insert into modules values (4, 'A', '2026-02-04')");

    expect(await plan(site)).toMatchObject([
      { costs: { changed: "whole-table" }, reading: "whole-table", role: "primary" },
    ]);
    const { stdout } = await site.run("plan", "--all");
    expect(stdout).toContain("! the server looks through the whole table for what has changed");
    expect(stdout).toContain("! the server looks through the whole table to read these slices");
    expect(stdout).toMatch(
      /^! shop is a primary, and looks through the whole of modules; a replica would spare it that/m,
    );
    expect(stdout).toContain("! rows per slice are not counted");
  });
});
