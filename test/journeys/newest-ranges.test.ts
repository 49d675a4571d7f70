import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { fill, insert, load, openSchool, rangesOf, upTo } from "./merged-world.ts";

const rowsPerKeyRange = 4_096;

describeOnServers("a table kept by merge", (server) => {
  test("has small ranges for its newest rows, which become one when they are no longer new", async () => {
    await using school = await server.database();
    await fill(school, upTo(14_000));
    await using site = await openSchool(school);
    await load(site, school, { rowsPerKeyRange });
    const older = [
      [":4096", 4095],
      ["4096:8192", 4096],
    ] as const;
    const newest = Array.from({ length: 4 }, (_, i) => [`${8192 + i * 1024}:${9216 + i * 1024}`, 1024]);
    expect(await rangesOf(site)).toEqual([...older, ...newest, ["12288:13312", 1024], ["13312:", 689]]);

    await school.query("update modules set grade = -1, modified = '2026-02-01' where id = 10000");
    expect(await load(site, school, { rowsPerKeyRange })).toMatchObject({
      ...{ strategy: "merge", ranges: [2, 6], rows: 1024 + 689 },
    });

    await insert(school, upTo(18_000, 14_001), "2026-03-01");
    expect(await load(site, school, { rowsPerKeyRange })).toMatchObject({ strategy: "merge" });
    expect(await rangesOf(site)).toEqual([
      ...older,
      ["8192:12288", 4096],
      ...["12288:13312", "13312:14336", "14336:15360", "15360:16384", "16384:17408"].map((keys) => [
        ...[keys, 1024],
      ]),
      ["17408:", 593],
    ]);
    expect(await load(site, school, { rowsPerKeyRange })).toMatchObject({ ranges: [1, 8], rows: 593 });
  });
});
