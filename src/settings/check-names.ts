import type { ReadDatasource } from "./datasource-settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";

/** Notes names that two datasources, tables or views share: one would overwrite the other. */
export function checkNames(datasources: readonly ReadDatasource[], problems: SettingsProblems): void {
  const sources = new Map<string, SettingPath>();
  const tables = new Map<string, SettingPath>();
  const lakeNames = new Map<string, { readonly path: SettingPath; readonly what: string }>();

  for (const datasource of datasources) {
    if (datasource.name !== undefined) {
      const twin = sources.get(datasource.name);
      if (twin === undefined) sources.set(datasource.name, datasource.path);
      else problems.add([...datasource.path, "name"], `the same name as ${problems.pointTo(twin)}`);
    }
    for (const { path, settings } of datasource.tables) {
      const twin = tables.get(settings.name);
      if (twin !== undefined) {
        const message = `the same table as ${problems.pointTo(twin)}; both would write the same files`;
        problems.add([...path, "name"], message);
        continue;
      }
      tables.set(settings.name, path);

      const claims = [
        { name: settings.rawName, what: "raw table", key: "datalake_table_name" },
        { name: settings.viewName, what: "view", key: "datalake_table_view" },
      ];
      for (const { name, what, key } of claims) {
        // Catalogs do not tell names in different case apart, nor tables from views.
        const other = lakeNames.get(name.toLowerCase());
        if (other === undefined) {
          lakeNames.set(name.toLowerCase(), { path, what });
        } else {
          const clash = `its ${what} has the same name as the ${other.what} of ${problems.pointTo(other.path)}`;
          problems.add(path, `${clash}; set another ${key}`);
        }
      }
    }
  }
}
