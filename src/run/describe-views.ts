import type { CatalogWarning } from "../catalogs/catalog.ts";
import type { ViewFile } from "../views/view-file.ts";
import type { DefinitionChange } from "./definitions.ts";

/** What became of the views that the settings ask for, from what the publication of the catalog has told. */
export function describeViews(
  files: readonly ViewFile[],
  warnings: readonly CatalogWarning[],
): readonly DefinitionChange[] {
  return files.map(({ name, viewName }) => {
    const told = warnings.find(({ table }) => table.toLowerCase() === viewName.toLowerCase());
    const about = { table: name, name: viewName };
    return told === undefined
      ? { ...about, change: "created" }
      : { ...about, change: "absent", note: told.message };
  });
}
