import { expect, test } from "vitest";
import type { LakeView } from "../../src/catalogs/catalog.ts";
import { describeOnMoto } from "../services/moto-server.ts";
import { catalogAt, lms, modules } from "./athena-world.ts";
import { type AwsFront, openAwsFront } from "./aws-front.ts";
import { columnsOf, lakeTable, slice } from "./small-lake.ts";

const graded: LakeView = {
  name: "graded",
  sql: 'SELECT id FROM "modules" WHERE grade > 0',
  reads: ["modules"],
};
const countries: LakeView = { name: "countries", sql: "SELECT 'AR' AS code", reads: [] };
const counted: LakeView = {
  name: "Counted",
  sql: 'SELECT count(*) AS n FROM "graded" CROSS JOIN "countries"',
  reads: ["graded", "countries"],
};

describeOnMoto("Views over the typed views in Athena", (server) => {
  test("are made after what they read, and not again", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    const publish = () => catalog.publish([modules(["a"], "run1")], { views: [countries, graded, counted] });

    expect(await publish()).toEqual([]);

    const [typed, ...rest] = viewsMade(front);
    expect([typed, ...rest.slice(0, 2).sort(), ...rest.slice(2)]).toEqual([
      "modules",
      "countries",
      "graded",
      "counted",
    ]);
    expect(front.calls.findLast(({ operation }) => operation === "StartQueryExecution")?.input).toMatchObject(
      {
        QueryString: `CREATE OR REPLACE VIEW "${database}"."counted" AS\n${counted.sql}`,
        QueryExecutionContext: { Database: database },
      },
    );
    front.takeCounts();

    await publish();

    expect(front.takeCounts()).toEqual({});
  });

  test("are made anew when what they read has changed, directly or by way of others", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    const users = lakeTable("users", {
      columns: columnsOf({ id: "int32" }),
      basePartitions: ["lms"],
      slices: [slice(["s3://lake/users/lms=lms.example.com/run1/part-00000.parquet"], {}, lms)],
    });
    const people: LakeView = { name: "people", sql: 'SELECT id FROM "users"', reads: ["users"] };
    const views = [graded, countries, counted, people];
    await catalog.publish([modules(["a"], "run1"), users], { views });
    const before = viewsMade(front).length;

    const wider = columnsOf({
      id: "int64",
      course_id: "text",
      grade: "double",
      modified: "timestamp",
      more: "text",
    });
    await catalog.publish([modules(["a"], "run2", { columns: wider }), users], { views });

    expect(viewsMade(front).slice(before)).toEqual(["modules", "graded", "counted"]);
  });

  test("one that Athena refuses is told with its reason, keeps no other from it, and is tried again", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    const refused = new Set<unknown>();
    const alone: LakeView = { name: "alone", sql: 'SELECT id FROM "modules"', reads: ["modules"] };
    front.answer(({ operation, input }) => {
      if (operation === "StartQueryExecution" && String(input["QueryString"]).includes('"graded" AS')) {
        refused.add("graded");
        return { output: { QueryExecutionId: "refused" } };
      }
      if (operation !== "GetQueryExecution" || input["QueryExecutionId"] !== "refused") return undefined;
      const Status = { State: "FAILED", StateChangeReason: "line 1:8: Column 'id' cannot be resolved" };
      return { output: { QueryExecution: { Status } } };
    });
    const publish = () =>
      catalog.publish([modules(["a"], "run1")], { views: [graded, countries, counted, alone] });

    const told = [
      {
        table: "graded",
        message:
          "not created: Athena could not create the view graded: line 1:8: Column 'id' cannot be resolved",
      },
      { table: "counted", message: "not created: it reads graded, which is not created" },
    ];
    expect(await publish()).toEqual(told);
    expect(viewsMade(front).toSorted()).toEqual(["alone", "countries", "graded", "modules"]);
    front.answer(() => undefined);

    expect(await publish()).toEqual([]);

    expect(viewsMade(front).slice(4)).toEqual(["graded", "counted"]);
  });

  test("are dropped when they are no longer wanted", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    await catalog.publish([modules(["a"], "run1")], { views: [graded, countries, counted] });
    await makeAsAthena(database, "graded", "counted", "countries", "somebody_elses");
    front.takeCounts();

    await catalog.publish([modules(["a"], "run1")], { views: [countries] });

    expect(await tableNames(database)).toEqual(["countries", "raw_modules", "somebody_elses"]);
    front.takeCounts();
    await catalog.publish([modules(["a"], "run1")], { views: [countries] });
    expect(front.takeCounts()).toEqual({});
  });

  test("stay for other installations that share their tables", async () => {
    const database = await server.database();
    const catalog = catalogAt(server.url, { database });
    const others = catalogAt(server.url, {
      database,
      ownBasePartition: [{ column: "lms", value: "other.example.com" }],
    });
    const views = [graded, countries, counted];
    await catalog.publish([modules(["a"], "run1")], { views });
    const theirs = { lms: "other.example.com" };
    await others.publish(
      [
        modules([], "run1", {
          slices: [
            slice(
              ["s3://lake/modules/lms=other.example.com/course_id=b/run1/part-00000.parquet"],
              { course_id: "b" },
              theirs,
            ),
          ],
        }),
      ],
      { views },
    );
    await makeAsAthena(database, "graded", "counted", "countries");

    await catalog.publish([modules(["a"], "run1")]);

    expect(await tableNames(database)).toEqual(["counted", "countries", "graded", "raw_modules"]);
  });

  test("are not tried where a table that they read is not shown", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });

    const warnings = await catalog.publish([modules(["a"], "run1", { viewName: undefined })], {
      views: [graded, countries],
    });

    expect(warnings).toEqual([
      { table: "graded", message: "not created: it reads modules, which is not created" },
    ]);
    expect(viewsMade(front)).toEqual(["countries"]);
  });

  test("are asked of Athena again when nothing that is remembered is trusted", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    await catalog.publish([modules(["a"], "run1")], { views: [graded] });
    const before = viewsMade(front).length;

    await catalog.publish([modules(["a"], "run1")], { views: [graded], verify: true });

    expect(viewsMade(front).slice(before)).toContain("graded");
  });

  async function makeAsAthena(database: string, ...names: readonly string[]): Promise<void> {
    for (const Name of names) {
      await server.glue.createTable({
        DatabaseName: database,
        TableInput: { Name, TableType: "VIRTUAL_VIEW" },
      });
    }
  }

  async function tableNames(database: string): Promise<readonly (string | undefined)[]> {
    const { TableList = [] } = await server.glue.getTables({ DatabaseName: database });
    return TableList.map(({ Name }) => Name).sort();
  }
});

/** In the order in which they were asked for. */
function viewsMade(front: AwsFront): readonly string[] {
  return front.calls
    .filter(({ operation }) => operation === "StartQueryExecution")
    .map(({ input }) => /VIEW "[^"]*"\."([^"]*)"/.exec(String(input["QueryString"]))?.[1] ?? "");
}
