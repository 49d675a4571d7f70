import type { SoughtColumn } from "../catalogs/row-search.ts";
import { PanoramaError } from "../errors.ts";
import type { ToldColumn } from "../lake/forgotten-people.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import { type PersonColumns, type PersonMark, personTables } from "../openedx/preset/person-columns.ts";

/** How rows of people are found in one table. */
export interface TableSearch {
  readonly sought: readonly SoughtColumn[];
  readonly mentions: readonly SoughtColumn[];
  /** Columns whose values in rows that are found are sought in other tables. */
  readonly feeds: readonly { readonly column: string; readonly set: string }[];
}

/** Sets of `RowSearch`: ids, anonymous ids, names; names that may be somebody else's by now; and rows of tables. */
export const sets = {
  user: "user",
  anonymous: "anonymous",
  name: "name",
  formerName: "former name",
} as const;

/** What the rows of these tables say of a person is sought in others. */
const feedsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  auth_user: { username: sets.formerName, email: sets.formerName },
  student_anonymoususerid: { anonymous_user_id: sets.anonymous },
};

/**
 * How rows of people are found in a table with these columns; undefined for a table of which nothing is known. Nothing
 * is sought where the columns by which it could be are not in the lake.
 */
export function planSearch(
  { table, columns }: Pick<ManifestTable, "table" | "columns">,
  told: readonly ToldColumn[],
): TableSearch | undefined {
  const known = Object.hasOwn(personTables, table) ? personTables[table] : undefined;
  const toldOf = told.filter((each) => each.table === table);
  if (known === undefined && toldOf.length === 0) return undefined;
  const present = (name: string): readonly string[] =>
    columns.flatMap((column) => (column.name.toLowerCase() === name.toLowerCase() ? [column.name] : []));
  const spelled = (marks: readonly (readonly [string, PersonMark])[]): readonly SoughtColumn[] =>
    marks.flatMap(([name, mark]) => present(name).map((column) => soughtColumn(column, mark)));
  const about: readonly (readonly [string, PersonMark])[] = [
    ...Object.entries(known?.about ?? {}),
    ...toldOf.map(({ column, mark }) => [column, mark] as const),
  ];
  const feeds = { ...feedsOf[table], ...(isLedTo(table) ? { id: setOfRows(table) } : {}) };
  return {
    sought: spelled(about),
    mentions: spelled(Object.entries(known?.mentions ?? {})),
    feeds: Object.entries(feeds).flatMap(([name, set]) => present(name).map((column) => ({ column, set }))),
  };
}

/** Tables whose rows tell what is sought in others come first. */
export function searchOrder(table: string): number {
  if (table === "auth_user") return 0;
  if (table === "student_anonymoususerid") return 1;
  const parents = parentsOf(personTables[table]);
  return parents.length === 0 ? 2 : 1 + Math.max(...parents.map(searchOrder));
}

/** Throws `UNKNOWN_NAME` with every name that the lake does not have. */
export function resolveTold(
  tables: ReadonlyMap<string, ManifestTable>,
  names: readonly string[],
  mark: ToldColumn["mark"],
): readonly ToldColumn[] {
  const found = names.map((name) => {
    const [, full = "", column = ""] = /^(.*)\.([^.]+)$/.exec(name) ?? [];
    const table = [...tables.values()].find((each) =>
      [each.table, `${each.source}.${each.table}`].includes(full),
    );
    const there = table?.columns.find((each) => each.name.toLowerCase() === column.toLowerCase());
    return table === undefined || there === undefined
      ? name
      : { table: table.table, column: there.name, mark };
  });
  const unknown = found.filter((each) => typeof each === "string");
  if (unknown.length > 0) {
    throw new PanoramaError(
      "UNKNOWN_NAME",
      `The lake has no column ${unknown.join(", ")}: it is TABLE.COLUMN`,
    );
  }
  return found.filter((each) => typeof each !== "string");
}

function soughtColumn(column: string, mark: PersonMark): SoughtColumn {
  if (mark === "name") return { column, set: sets.name, weight: "decides-alone" };
  return { column, set: typeof mark === "string" ? sets[mark] : setOfRows(mark.rowOf), weight: "decides" };
}

function setOfRows(table: string): string {
  return `row of ${table}`;
}

function parentsOf(columns: PersonColumns | undefined): readonly string[] {
  return Object.values(columns?.about ?? {}).flatMap((mark) =>
    typeof mark === "string" ? [] : [mark.rowOf],
  );
}

function isLedTo(table: string): boolean {
  return Object.values(personTables).some((columns) => parentsOf(columns).includes(table));
}
