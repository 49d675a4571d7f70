import { type Mapping, readMapping } from "./read-mapping.ts";
import { optionalWord, type Shape } from "./setting-values.ts";
import type { OnSchemaChange, TableSettings } from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";

interface SchemaChangeKeys {
  readonly on_schema_change: OnSchemaChange | undefined;
}

/** Of a table, and of a datasource for those of its tables that do not say it. */
export const schemaChangeShape: Shape<SchemaChangeKeys> = {
  on_schema_change: optionalWord(["evolve", "ignore", "fail"], {
    description:
      "When columns change at the source: follow, keep the lake's columns, or do not load the table.",
    default: "evolve",
  }),
};

/** The tables with what their datasource says of all of them; nothing else of its keys is read. */
export function withSchemaPolicy<Table extends { readonly settings: TableSettings }>(
  tables: readonly Table[],
  datasource: Mapping,
  path: SettingPath,
  problems: SettingsProblems,
): readonly Table[] {
  const written = { on_schema_change: datasource["on_schema_change"] };
  const { on_schema_change: usual } = readMapping(schemaChangeShape, written, path, problems);
  if (usual === undefined) return tables;
  return tables.map((table) => ({
    ...table,
    settings: { ...table.settings, onSchemaChange: table.settings.onSchemaChange ?? usual },
  }));
}
