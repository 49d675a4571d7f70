import type { SoughtColumn } from "../catalogs/row-search.ts";
import { PanoramaError } from "../errors.ts";
import type { ToldColumn } from "../lake/forgotten-people.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import type { UnsearchedTable } from "../lake/forgetting-report.ts";
import {
  type PersonColumns,
  type PersonMark,
  personTables,
  soundsLikePerson,
} from "../openedx/preset/person-columns.ts";
import { columnClasses } from "../openedx/preset/plan-preset.ts";
import type { Column } from "../table/table-schema.ts";

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
  const spelled = (marks: readonly (readonly [string, PersonMark])[]): readonly SoughtColumn[] =>
    marks.flatMap(([name, mark]) => {
      const column = columnNamed(columns, name);
      return column === undefined ? [] : [soughtColumn(column, mark)];
    });
  const about: readonly (readonly [string, PersonMark])[] = [
    ...Object.entries(known?.about ?? {}),
    ...toldOf.map(({ column, mark }) => [column, mark] as const),
  ];
  const feeds = { ...feedsOf[table], ...(isLedTo(table) ? { id: setOfRows(table) } : {}) };
  return {
    sought: spelled(about),
    mentions: spelled(Object.entries(known?.mentions ?? {})),
    feeds: Object.entries(feeds).flatMap(([name, set]) => {
      const column = columnNamed(columns, name);
      return column === undefined ? [] : [{ column, set }];
    }),
  };
}

/** A column as the table spells it, whatever the case of `name`; undefined where the table has none of that name. */
export function columnNamed(columns: readonly Pick<Column, "name">[], name: string): string | undefined {
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name;
}

/**
 * The sets that something leads to: rows of these tables, or a source that was asked. In the others there is at most what
 * led there when somebody else was forgotten.
 */
export function planLeads(
  tables: Iterable<ManifestTable>,
  told: readonly ToldColumn[],
  asked: ReadonlySet<string>,
): ReadonlySet<string> {
  const led = new Set<string>([sets.user, ...asked]);
  const inOrder = [...tables].sort((a, b) => searchOrder(a.table) - searchOrder(b.table));
  for (const table of inOrder) {
    const plan = table.load && planSearch(table, told);
    if (plan?.sought.some(({ set }) => led.has(set)) !== true) continue;
    for (const { set } of plan.feeds) led.add(set === sets.formerName ? sets.name : set);
  }
  return led;
}

/** The tables whose rows lead to a set. */
export function tablesLeadingTo(set: string): readonly string[] {
  if (set === sets.name) return ["auth_user"];
  if (set === sets.anonymous) return ["student_anonymoususerid"];
  return Object.keys(personTables).filter((table) => setOfRows(table) === set);
}

/** Whether, and why, rows of people may be in a table where they are not found. `led`: as of `planLeads`. */
export function planUnsearched(
  { table, source, columns }: ManifestTable,
  told: readonly ToldColumn[],
  led: ReadonlySet<string>,
): readonly UnsearchedTable[] {
  const plan = planSearch({ table, columns }, told);
  if (plan === undefined) {
    // Of a course or a customer, whatever its columns are called.
    if (columnClasses(table).size > 0) return [];
    const sounding = columns.map(({ name }) => name).filter(soundsLikePerson);
    return sounding.length === 0 ? [] : [{ table, source, columns: sounding, why: "unknown-table" }];
  }
  const absent = (names: readonly string[]): readonly string[] =>
    names.filter((name) => columnNamed(columns, name) === undefined);
  const known = plan.sought.length > 0 ? [] : absent(Object.keys(personTables[table]?.about ?? {}));
  const gone = [...known, ...absent(told.filter((each) => each.table === table).map(({ column }) => column))];
  const unled = plan.sought.filter(({ set }) => !led.has(set));
  const parents = [...new Set(unled.flatMap(({ set }) => tablesLeadingTo(set)))];
  return [
    ...(gone.length === 0 ? [] : [{ table, source, columns: gone, why: "columns-not-in-lake" as const }]),
    ...(unled.length === 0
      ? []
      : [
          {
            ...{ table, source, columns: unled.map(({ column }) => column) },
            ...{ why: "parent-not-in-lake" as const, parents },
          },
        ]),
  ];
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
    const there = table && columnNamed(table.columns, column);
    return table === undefined || there === undefined ? name : { table: table.table, column: there, mark };
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
