import { PanoramaError } from "../errors.ts";
import { openPlainSource } from "../open.ts";
import { replaceFields, replaceTables } from "../settings/edit-settings.ts";
import { nearestName } from "../settings/nearest-name.ts";
import type { DatasourceSettings, Settings } from "../settings/settings.ts";
import type { TableSchema } from "../table/table-schema.ts";
import { resolveSelection, type Selection } from "./select-tables.ts";
import { untilAborted } from "./until-aborted.ts";

export interface TablesChange {
  readonly datasource: string;
  readonly added: string[];
  readonly removed: string[];
  readonly kept: string[];
  /** Why its tables could not be listed; they are as they were. */
  readonly error?: PanoramaError;
}

export interface WantedTables {
  readonly datasource?: string;
  /** undefined: all that the datasource has. */
  readonly tables?: readonly string[];
  readonly all?: true;
}

/**
 * Makes the settings file list the tables that its datasources have, or those that are wanted of one
 * datasource. One that cannot be asked does not stop the others. Throws UNKNOWN_NAME for a table that is not
 * there, and USAGE when two datasources would list tables of one name; the file is then as it was.
 */
export async function setTables(
  settings: Settings,
  settingsPath: string,
  wanted: WantedTables,
  signal: AbortSignal,
): Promise<readonly TablesChange[]> {
  const changes: TablesChange[] = [];
  const lists = new Map(settings.datasources.map(({ name, tables }) => [name, namesOf(tables)]));
  for (const datasource of chosenDatasources(settings, wanted)) {
    signal.throwIfAborted();
    const about = { datasource: datasource.name };
    try {
      const present = await untilAborted(signal, () => listTables(datasource));
      const names = wanted.tables ?? present;
      assertPresent(datasource.name, names, present);
      lists.set(datasource.name, names);
      // Those of a preset are not in the file.
      const before = namesOf(datasource.tables.filter(({ fromPreset }) => !fromPreset));
      changes.push({
        ...about,
        added: names.filter((name) => !before.includes(name)),
        removed: before.filter((name) => !names.includes(name)),
        kept: before.filter((name) => names.includes(name)),
      });
    } catch (error) {
      if (!(error instanceof PanoramaError) || error.code === "UNKNOWN_NAME") throw error;
      changes.push({ ...about, added: [], removed: [], kept: [], error });
    }
  }
  assertDistinct(lists);
  for (const { datasource, error } of changes) {
    if (error === undefined) await replaceTables(settingsPath, datasource, lists.get(datasource) ?? []);
  }
  return changes;
}

function namesOf(tables: readonly { readonly name: string }[]): readonly string[] {
  return tables.map(({ name }) => name);
}

/** A lake has one place for tables of one name, so a file that lists two could not be read any more. */
function assertDistinct(lists: ReadonlyMap<string, readonly string[]>): void {
  const owners = new Map<string, string>();
  for (const [datasource, names] of lists) {
    for (const name of names) {
      const owner = owners.get(name);
      owners.set(name, datasource);
      if (owner === undefined || owner === datasource) continue;
      throw new PanoramaError(
        "USAGE",
        `Datasources ${owner} and ${datasource} both have a table ${name}, and a lake can hold only one of them\n` +
          `Say which tables are wanted: panorama set-tables --datasource ${datasource} --tables A,B,C`,
      );
    }
  }
}

export interface FieldsChange {
  readonly datasource: string;
  readonly table: string;
  /** Columns of the table at the source. */
  readonly fields: number;
  readonly added: string[];
  /** Fields that the table does not have any more; they were removed from the file. */
  readonly missing: string[];
  readonly error?: PanoramaError;
}

/** Makes the settings file list the fields of the chosen tables. A table that fails does not stop the others. */
export async function setTablesFields(
  settings: Settings,
  settingsPath: string,
  selection: Selection,
  signal: AbortSignal,
): Promise<readonly FieldsChange[]> {
  const changes: FieldsChange[] = [];
  for (const { datasource, tables } of resolveSelection(settings, selection)) {
    for (const table of tables) {
      signal.throwIfAborted();
      const about = { datasource: datasource.name, table: table.name };
      try {
        if (table.fromPreset) throw notInFile(table.name);
        const { columns } = await untilAborted(signal, () => describeTable(datasource, table.name));
        const fields = columns.map(({ name, nativeType }) => ({ name, type: typeName(nativeType) }));
        await replaceFields(settingsPath, datasource.name, table.name, fields);
        const before = table.fields ?? [];
        const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
        changes.push({
          ...about,
          fields: columns.length,
          added: fields
            .filter(({ name }) => !before.some((field) => sameName(field.name, name)))
            .map(({ name }) => name),
          missing: before
            .filter((field) => field.constant === undefined)
            .filter((field) => !fields.some(({ name }) => sameName(field.name, name)))
            .map(({ name }) => name),
        });
      } catch (error) {
        if (!(error instanceof PanoramaError)) throw error;
        changes.push({ ...about, fields: 0, added: [], missing: [], error });
      }
    }
  }
  return changes;
}

function notInFile(table: string): PanoramaError {
  const message = `${table} comes from the preset, and the file has no place for its fields; list it under \`tables\` first`;
  return new PanoramaError("UNKNOWN_NAME", message, { table });
}

/** The original's settings hold bare type names: `varchar`, `int`. */
function typeName(nativeType: string): string {
  return /^[a-z0-9_]+/i.exec(nativeType)?.[0].toLowerCase() ?? "text";
}

function chosenDatasources(settings: Settings, wanted: WantedTables): readonly DatasourceSettings[] {
  const { datasources } = settings;
  if (wanted.datasource !== undefined) {
    const chosen = datasources.find(({ name }) => name === wanted.datasource);
    if (chosen !== undefined) return [chosen];
    throw unknownName(
      "datasource",
      wanted.datasource,
      datasources.map(({ name }) => name),
    );
  }
  if (wanted.tables === undefined) return datasources;
  const databases = datasources.filter(({ type }) => type === "mysql");
  const only = databases.length > 0 ? databases : datasources;
  if (only.length === 1) return only;
  throw new PanoramaError(
    "USAGE",
    `The settings have ${datasources.length} datasources: say with --datasource whose tables these are`,
  );
}

async function listTables(datasource: DatasourceSettings): Promise<readonly string[]> {
  await using source = await openPlainSource(datasource);
  return await source.listTables();
}

async function describeTable(datasource: DatasourceSettings, table: string): Promise<TableSchema> {
  await using source = await openPlainSource(datasource);
  return await source.describeTable(table);
}

function assertPresent(datasource: string, names: readonly string[], present: readonly string[]): void {
  for (const name of names) {
    if (!present.includes(name)) throw unknownName(`table in ${datasource}`, name, present);
  }
}

function unknownName(what: string, name: string, candidates: readonly string[]): PanoramaError {
  const nearest = nearestName(name, candidates);
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return new PanoramaError("UNKNOWN_NAME", `There is no ${what} called ${name}${hint}`);
}
