import { expect, test } from "vitest";
import { planTableToLoad } from "../../src/run/plan-table-to-load.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { DatasourceSettings } from "../../src/settings/settings.ts";
import { problemsOf, settingsFile, withTables } from "./settings-file.ts";

async function sourcesOf(content: string): Promise<readonly DatasourceSettings[]> {
  await using file = await settingsFile(content);
  return (await readSettings(file.path, {})).datasources;
}

test("what is done about changed columns is said of a table, and of a datasource for its other tables", async () => {
  const [db, site, csv] = await sourcesOf(`
datalake: {type: local, path: lake}
datasources:
- type: mysql
  name: db
  mysql_database: shop
  tables:
  - {name: orders, on_schema_change: Fail}
  - {name: notes, on_schema_change: }
- type: openedx_sample
  name: site
  preset: openedx
  on_schema_change: fail
  tables:
  - {name: auth_user, on_schema_change: evolve}
- type: csv
  name: exports
  location: exports
  on_schema_change: IGNORE
  tables: [{name: people}]
`);

  expect(db?.tables.map(({ onSchemaChange }) => onSchemaChange)).toEqual(["fail", undefined]);
  expect(csv?.tables.map(({ onSchemaChange }) => onSchemaChange)).toEqual(["ignore"]);
  const others = site?.tables.filter(({ fromPreset }) => fromPreset) ?? [];
  expect(others.length).toBeGreaterThan(10);
  expect(new Set(others.map(({ onSchemaChange }) => onSchemaChange))).toEqual(new Set(["fail"]));
  expect(site?.tables.find(({ name }) => name === "auth_user")?.onSchemaChange).toBe("evolve");
});

test("other words are told, once each", async () => {
  expect(await problemsOf(withTables("  - {name: a, on_schema_change: evolv}\n"))).toEqual([
    '7: datasources[0].tables[0].on_schema_change: unknown word "evolv"; did you mean "evolve"?',
  ]);
  const source = "{type: xlsx, name: a, location: b, on_schema_change: stop}";
  expect(await problemsOf(`datalake: {type: local, path: x}\ndatasources:\n- ${source}\n`)).toEqual([
    '3: datasources[0].on_schema_change: unknown word "stop"; known are evolve, ignore, fail',
  ]);
});

test("only what decides about columns marks them, and what is done about changes marks nothing", async () => {
  const marks = async (entry: string): Promise<readonly [string, string | undefined]> => {
    const [source] = await sourcesOf(withTables(`  - {name: orders${entry}}\n`));
    const [table] = source?.tables ?? [];
    if (source === undefined || table === undefined) throw new Error("no table");
    const { requestMark, schemaPolicy } = planTableToLoad(table, source, false);
    return [requestMark, schemaPolicy?.mark];
  };
  const [request, columns] = await marks("");

  expect(await marks(", on_schema_change: fail")).toEqual([request, columns]);
  const [renamed, ofRenamed] = await marks(", datalake_table_view: v, partitions: {timestamp_field: t}");
  expect(renamed).not.toBe(request);
  expect(ofRenamed).toBe(columns);
  for (const entry of [
    ", fields: [{name: a}]",
    ", privacy: {a: drop}",
    ", partitions: {partition_fields: [a]}",
  ]) {
    expect((await marks(entry))[1]).not.toBe(columns);
  }
});
