import type { ForgottenPeople } from "../lake/forgotten-people.ts";
import type { ManifestTable } from "../lake/manifest.ts";
import type { Partition } from "../table/partition.ts";
import { planSearch, sets } from "./plan-search.ts";
import { spellingsOfId } from "./sought-values.ts";

/**
 * Whether a slice, by its values, is about somebody who was forgotten, so that the lake has none of it. The list has ids
 * and no names: of a slice that tells a name it cannot be said.
 */
export function planForgottenSlices(
  table: Pick<ManifestTable, "table" | "columns">,
  { users, columns, leads }: ForgottenPeople,
): (partition: Partition) => boolean {
  const values = new Map<string, ReadonlySet<string>>([
    ...Object.entries(leads).map(([set, ids]) => [set, lowerCase(ids)] as const),
    [sets.user, lowerCase(users.flatMap(spellingsOfId))],
  ]);
  const sought = planSearch(table, columns)?.sought ?? [];
  const isSought = (column: string, value: string): boolean =>
    sought.some((each) => each.column === column && values.get(each.set)?.has(value.toLowerCase()) === true);
  return (partition) => partition.some(({ column, value }) => value !== null && isSought(column, value));
}

function lowerCase(ids: readonly string[]): ReadonlySet<string> {
  return new Set(ids.map((id) => id.toLowerCase()));
}
