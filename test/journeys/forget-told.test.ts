import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { fillSchool, forget, loadAll, openSchool } from "./forget-world.ts";
import type { Site } from "./site.ts";

const modules = "courseware_studentmodule";

interface Told {
  readonly lake: readonly { readonly load?: Readonly<Record<string, unknown>> }[];
}

async function explain(site: Site, key: string): Promise<Told["lake"][number]["load"]> {
  const { stdout, stderr } = await site.run("explain", modules, key, "--format", "json");
  expect(stdout, stderr).not.toBe("");
  return (JSON.parse(stdout) as Told).lake[0]?.load;
}

describeOnServers("after people were forgotten", (server) => {
  test("plan names the slices that the next load reads, and none for the rows that it leaves out", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);
    await forget(site, "--user", "2");
    await school.query(`update ${modules} set grade = 9, modified = '2026-03-01' where id = 105`);

    const { stdout, stderr } = await site.run("plan", "--tables", modules, "--format", "json");

    expect(JSON.parse(stdout), stderr).toMatchObject([
      { strategy: "slices", slices: [{ course_id: "D" }], keptSlices: 5, goneSlices: 0 },
    ]);
  });

  test("explain says so of a row that was written anew, and does not call that a reading", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school);
    await loadAll(site);
    const { run } = await forget(site, "--user", "2");

    const anew = await explain(site, "101");
    const asLoaded = await explain(site, "105");
    const { stdout } = await site.run("explain", modules, "101");

    expect(anew).toMatchObject({ run, kind: "forget" });
    expect(anew).not.toHaveProperty("readAt");
    expect(asLoaded).toMatchObject({ kind: "load", strategy: "full" });
    expect(stdout).toMatch(
      new RegExp(
        `^ {8}run ${run}: began \\S+ \\S+, published \\S+ \\S+ UTC; written anew when people were forgotten$`,
        "m",
      ),
    );
  });

  test("explain does not say who wrote a CSV file: some are of the load, some were written anew", async () => {
    await using school = await server.database();
    await fillSchool(school);
    await using site = await openSchool(school, { format: "csv" });
    await loadAll(site);
    expect(await explain(site, "105")).toMatchObject({ kind: "load" });

    await forget(site, "--user", "2");

    expect(await explain(site, "105")).toBeUndefined();
    const { stdout } = await site.run("explain", modules, "105");
    expect(stdout).toContain("written by the run that published the table last, or an earlier one");
  });
});
