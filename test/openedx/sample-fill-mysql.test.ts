import { expect, test } from "vitest";
import { fillMysql } from "../../bench/fill-mysql.ts";
import { planSite } from "../../src/openedx/sample/site.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { rowCountOf, rowsOf } from "./sample-rows.ts";

const options = { scale: 0.2, seed: 5 } as const;

describeOnServers("a server filled with the sample site", (server) => {
  test("has the rows that the sample source gives, texts and numbers alike, and the zero dates", async () => {
    await using database = await server.database();
    const site = planSite(options);

    const filled = await fillMysql(database.sourceOptions, options);

    expect(filled).toHaveLength(36);
    for (const { table, rowCount } of filled) {
      expect(rowCount, table).toBe(rowCountOf(site, table));
      const [counted] = await database.query(`SELECT COUNT(*) AS n FROM ${table}`);
      expect(Number(counted?.["n"]), table).toBe(rowCount);
    }
    const texts = ["name", "meta", "city", "goals", "bio", "gender", "country"];
    const read = await database.query(`SELECT id, ${texts.join(", ")} FROM auth_userprofile ORDER BY id`);
    expect(read).toEqual(
      rowsOf(site, "auth_userprofile").map((row) =>
        Object.fromEntries(["id", ...texts].map((column) => [column, row[column]])),
      ),
    );
    const modules = await database.query(
      "SELECT CAST(id AS CHAR) AS id, course_id, state, grade FROM courseware_studentmodule ORDER BY courseware_studentmodule.id",
    );
    expect(modules).toEqual(
      rowsOf(site, "courseware_studentmodule").map(({ id, course_id, state, grade }) => ({
        id: String(id),
        course_id,
        state,
        grade,
      })),
    );
    expect(
      await database.query(
        "SELECT id FROM auth_user WHERE last_login = '0000-00-00' OR date_joined = '0000-00-00'",
      ),
    ).toEqual([{ id: 17 }, { id: 29 }]);
  });

  test("has as many rows of one table as a measurement asks for, without secondary indexes", async () => {
    await using database = await server.database();

    await fillMysql(database.sourceOptions, {
      ...options,
      tables: ["courseware_studentmodule"],
      studentModuleRows: 3000,
      courses: 20,
      indexes: "primary",
    });

    expect(await database.query("SHOW TABLES")).toHaveLength(1);
    expect(await database.query("SHOW INDEX FROM courseware_studentmodule")).toMatchObject([
      { Key_name: "PRIMARY" },
    ]);
    const [counts] = await database.query(
      "SELECT COUNT(*) AS n, MAX(id) AS last FROM courseware_studentmodule",
    );
    expect(Number(counts?.["n"])).toBe(3000);
    expect(Number(counts?.["last"])).toBe(3000);
  });
});
