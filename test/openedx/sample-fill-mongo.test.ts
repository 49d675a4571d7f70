import { expect, test } from "vitest";
import { fillMongo } from "../../bench/fill-mongo.ts";
import { fillMysql } from "../../bench/fill-mysql.ts";
import { planSite } from "../../src/openedx/sample/site.ts";
import { describeOnMongo } from "../services/mongo-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { mysqlOptionsOf, optionsFor, readTable } from "../sources/openedx-structures/modulestore-world.ts";
import { readSampleStructures } from "./sample-structures.ts";

const options = { scale: 0.2, seed: 5 } as const;
const indexTable = "split_modulestore_django_splitmodulestorecourseindex";

describeOnMongo("a MongoDB filled with the sample site", (mongo) => {
  test("gives the course structures that the sample source gives, but for CCXs, of which it does not know", async () => {
    await using database = await mongo.database();

    const filled = await fillMongo(database.db, options);
    const { rows, findings } = await readTable(optionsFor(mongo, database));

    // Of ten courses a draft and a published structure each, of one a draft, and a library.
    expect(filled).toMatchObject({ versions: 13, structures: 22 });
    const expected = await readSampleStructures(options);
    expect(rows).toEqual(expected.filter((row) => row["ccx_id"] === null));
    expect(findings).toEqual({ notices: [], shortfalls: [] });
    expect(rows.length).toBeGreaterThan(1000);
  });

  describeOnServers("and a MySQL filled with it", (mysql) => {
    test("give all rows of the sample source, in the same order", async () => {
      await using documents = await mongo.database();
      await using tables = await mysql.database();
      await fillMongo(documents.db, options);
      await fillMysql(tables.sourceOptions, { ...options, tables: [indexTable] });
      await tables.query(
        "create table ccx_customcourseforedx (id int primary key, course_id varchar(255), display_name varchar(255))",
      );
      for (const { key, title, master } of planSite(options).courses) {
        if (master === undefined) continue;
        const id = key.split("ccx@")[1] ?? "";
        await tables.query("insert into ccx_customcourseforedx values (?, ?, ?)", [id, master.key, title]);
      }

      const read = await readTable(optionsFor(mongo, documents, { mysql: mysqlOptionsOf(tables) }));

      const expected = await readSampleStructures(options);
      expect(read.rows).toEqual(expected);
      expect(expected.some((row) => row["ccx_id"] !== null)).toBe(true);
    });
  });
});
