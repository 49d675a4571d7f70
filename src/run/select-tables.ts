import { PanoramaError } from "../errors.ts";
import { nearestName } from "../settings/nearest-name.ts";
import type { DatasourceSettings, Settings, TableSettings } from "../settings/settings.ts";

/**
 * Which tables of the settings are meant. A table is named `orders`, which means that table of every datasource
 * that lists it, or `shop.orders`. Names are exact.
 */
export type Selection =
  | { readonly all: true }
  | { readonly datasources: readonly string[] }
  | { readonly tables: readonly string[] };

export interface SelectedTables {
  readonly datasource: DatasourceSettings;
  /** Never empty. */
  readonly tables: readonly TableSettings[];
}

/**
 * The chosen tables in the order of the settings, each once, whatever the order of the selection. Throws
 * `UNKNOWN_NAME` with every name that the settings do not have, and `USAGE` when nothing is chosen.
 */
export function resolveSelection(settings: Settings, selection: Selection): readonly SelectedTables[] {
  const isChosen = planChoice(settings.datasources, selection);
  const selected = settings.datasources
    .map((datasource) => ({
      datasource,
      tables: datasource.tables.filter((table) => isChosen(datasource, table)),
    }))
    .filter(({ tables }) => tables.length > 0);
  if (selected.length === 0) throw nothingChosen(selection);
  return selected;
}

/**
 * The raw tables of those among `selected` that `names` mean. Throws `UNKNOWN_NAME` with every name that is not
 * among them.
 */
export function resolveRebuild(
  selected: readonly SelectedTables[],
  names: readonly string[],
): readonly string[] {
  const isMeant = (datasource: DatasourceSettings, table: TableSettings): boolean =>
    names.includes(table.name) || names.includes(spellFullName(datasource, table));
  const known = selected.flatMap(({ tables }) => tables.map(({ name }) => name));
  const full = selected.flatMap(({ datasource, tables }) =>
    tables.map((table) => spellFullName(datasource, table)),
  );
  rejectUnknown("chosen table", new Set(names), known, full);
  return selected.flatMap(({ datasource, tables }) =>
    tables.filter((table) => isMeant(datasource, table)).map(({ rawName }) => rawName),
  );
}

type Choice = (datasource: DatasourceSettings, table: TableSettings) => boolean;

function planChoice(datasources: readonly DatasourceSettings[], selection: Selection): Choice {
  if ("all" in selection) return () => true;
  if ("datasources" in selection) {
    const names = new Set(selection.datasources);
    rejectUnknown(
      "datasource",
      names,
      datasources.map(({ name }) => name),
    );
    rejectEmpty(datasources.filter(({ name }) => names.has(name)));
    return ({ name }) => names.has(name);
  }
  const wanted = new Set(selection.tables);
  const plain = new Set(datasources.flatMap(({ tables }) => tables.map(({ name }) => name)));
  const full = datasources.flatMap((datasource) =>
    datasource.tables.map((table) => spellFullName(datasource, table)),
  );
  rejectUnknown("table", wanted, plain, full);
  return (datasource, table) => wanted.has(table.name) || wanted.has(spellFullName(datasource, table));
}

function spellFullName(datasource: DatasourceSettings, table: TableSettings): string {
  return `${datasource.name}.${table.name}`;
}

const unknownNames = {
  datasource: { none: "The settings have no datasource", instead: "They have" },
  table: { none: "The settings have no table", instead: "They have" },
  "chosen table": { none: "This run does not load the table", instead: "It loads" },
} as const;

function rejectUnknown(
  kind: keyof typeof unknownNames,
  names: ReadonlySet<string>,
  known: Iterable<string>,
  alsoKnown: readonly string[] = [],
): void {
  const candidates = [...known];
  const unknown = [...names].filter((name) => !candidates.includes(name) && !alsoKnown.includes(name));
  if (unknown.length === 0) return;
  const sentences = unknown.map((name) => {
    const nearest = nearestName(name, candidates) ?? nearestName(name, alsoKnown);
    const meant = nearest === undefined ? "" : `, did you mean ${nearest}?`;
    return `${unknownNames[kind].none} ${name}${meant}`;
  });
  const list =
    candidates.length > 0 && candidates.length <= 12
      ? [`${unknownNames[kind].instead} ${candidates.join(", ")}`]
      : [];
  throw new PanoramaError("UNKNOWN_NAME", [...sentences, ...list].join("\n"));
}

function rejectEmpty(datasources: readonly DatasourceSettings[]): void {
  for (const { name, tables } of datasources) {
    if (tables.length > 0) continue;
    throw new PanoramaError(
      "USAGE",
      `The settings list no tables of datasource ${name}; \`panorama set-tables --datasource ${name}\` fills them in`,
      { source: name },
    );
  }
}

function nothingChosen(selection: Selection): PanoramaError {
  return new PanoramaError(
    "USAGE",
    "all" in selection
      ? "The settings list no tables; `panorama set-tables --all` fills them in"
      : "The selection names no tables",
  );
}
