import { expect, test } from "vitest";
import { planTableToLoad } from "../../src/run/plan-table-to-load.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { DatasourceSettings, TableSettings } from "../../src/settings/settings.ts";
import { problemsOf, settingsFile } from "./settings-file.ts";

const kept = "{name: a, strategy: merge, partitions: {timestamp_field: b}}";

function fileOf(datalake: string, datasource: string, table = kept): string {
  return `datalake: {${datalake}, base_prefix: shop}\ndatasources:\n- {${datasource}, name: db, tables: [${table}]}\n`;
}

const local = "type: local, path: lake";
const mysql = "type: mysql, mysql_database: shop";

test.each<[datalake: string, datasource: string, problem: string]>([
  [`${local}, format: csv`, mysql, "merge writes several files, and datalake.format is csv"],
  [
    "type: aws, format: parquet, panorama_raw_data_bucket: b, datalake_workgroup: w, datalake_database: d",
    mysql,
    "Athena reads all files of one folder, and merge leaves files where they are; leave it out",
  ],
  [
    local,
    "type: csv, location: x.csv",
    "tables of a datasource of type csv are read as a whole; leave it out",
  ],
])("merge is refused in a lake of {%s} and a datasource of {%s}", async (datalake, datasource, problem) => {
  const problems = await problemsOf(fileOf(datalake, datasource));

  expect(problems).toEqual([expect.stringContaining(`tables[0].strategy: ${problem}`)]);
});

async function read(table: string): Promise<readonly [TableSettings, DatasourceSettings]> {
  await using file = await settingsFile(fileOf(local, mysql, table));
  const [datasource] = (await readSettings(file.path, {})).datasources;
  return [datasource?.tables[0] as TableSettings, datasource as DatasourceSettings];
}

test("a strategy that is set is read, in any case, and auto is none", async () => {
  expect((await read(kept.replace("merge", "MERGE")))[0]).toMatchObject({ strategy: "merge" });
  expect((await read("{name: a, strategy: full}"))[0]).toMatchObject({ strategy: "full" });
  expect((await read("{name: a, strategy: auto}"))[0]).not.toHaveProperty("strategy");
});

test("another strategy is no reason to read all rows", async () => {
  const [ofMerge, ofFull, ofNone] = await Promise.all(
    [kept, kept.replace("merge", "full"), kept.replace("strategy: merge, ", "")].map(async (table) =>
      planTableToLoad(...(await read(table)), false),
    ),
  );

  expect(ofMerge?.requestMark).toBe(ofNone?.requestMark);
  expect(ofFull?.requestMark).toBe(ofNone?.requestMark);
  expect([ofMerge, ofFull, ofNone].map((table) => table?.strategy)).toEqual(["merge", "full", "auto"]);
});
