import { PanoramaError } from "../errors.ts";
import { compareIds, type ForgettingReport } from "../lake/forgetting-report.ts";
import type { OpenedLake } from "../open.ts";
import type { Reporter } from "../reports/reporter.ts";
import type { DatasourceSettings, Settings } from "../settings/settings.ts";
import { type PeopleAtSource, readPeople } from "./people-at-source.ts";
import { columnNamed, sets } from "./plan-search.ts";
import { searchedFile, type SearchParts } from "./search-lake.ts";
import { untilAborted } from "./until-aborted.ts";

/** With what the user names of retired users begin, unless the site's settings say otherwise. */
export const usualRetiredPrefix = "retired__user_";

export interface FoundPeople {
  /** Who is at a source and not retired there. */
  readonly stillInSource: ForgettingReport["stillInSource"];
  /** The sets of which a source told what it has. */
  readonly asked: ReadonlySet<string>;
}

/**
 * Adds to `users` the retired, if they are wanted, and to the sought values what the sources say of all of them. A source
 * that cannot be asked is told as a warning; where the retired are wanted, it throws.
 */
export async function findPeople(
  settings: Settings,
  lake: OpenedLake,
  parts: SearchParts,
  users: Set<string>,
  retiredPrefix: string | undefined,
  reporter: Reporter,
): Promise<FoundPeople> {
  const { manifest, values, signal } = parts;
  if (retiredPrefix !== undefined) for (const id of await findRetired(parts, retiredPrefix)) users.add(id);
  const has = (table: string): boolean => manifest.tables.get(table)?.load !== undefined;
  const wanted = {
    ...{ users, retiredPrefix, markPrefix: retiredPrefix ?? usualRetiredPrefix },
    wasForgotten: (id: string) => values.has(sets.user, id),
    withAnonymous: has("submissions_studentitem") && !has("student_anonymoususerid"),
  };
  const people: PeopleAtSource[] = [];
  for (const datasource of settings.datasources.filter(hasUsers)) {
    try {
      people.push(await untilAborted(signal, () => readPeople(datasource, lake, wanted, signal)));
    } catch (cause) {
      if (!(cause instanceof PanoramaError) || retiredPrefix !== undefined || signal.aborted) throw cause;
      const message =
        "it cannot be asked for the names of these users, nor whether it still has them; what the lake has of their " +
        `names is searched for: ${cause.message}`;
      reporter.report({ kind: "warning", source: datasource.name, message });
    }
  }
  for (const { retired } of people) for (const id of retired) users.add(id);
  await values.add(sets.user, users);
  const asked = new Set<string>();
  for (const { names, anonymous } of people) {
    if (names !== undefined) asked.add(sets.name);
    if (anonymous !== undefined) asked.add(sets.anonymous);
    await values.add(sets.formerName, names ?? []);
    await values.add(sets.anonymous, anonymous ?? []);
  }
  const stillInSource = people.flatMap(({ source, notRetired }) =>
    notRetired.length === 0 ? [] : [{ source, users: notRetired.toSorted(compareIds) }],
  );
  return { stillInSource, asked };
}

function hasUsers({ type, tables }: DatasourceSettings): boolean {
  return (type === "mysql" || type === "openedx_sample") && tables.some(({ name }) => name === "auth_user");
}

/** By their user names in the lake, where these are not hashed. */
async function findRetired(
  { manifest, search, files }: SearchParts,
  prefix: string,
): Promise<readonly string[]> {
  const table = manifest.tables.get("auth_user");
  const id = table && columnNamed(table.columns, "id");
  const username = table && columnNamed(table.columns, "username");
  if (table === undefined || id === undefined || username === undefined) return [];
  const found: string[] = [];
  for (const slice of table.slices) {
    for (const at of slice.files) {
      const ids = await files.with(at, (path) =>
        search.readWhereBegins(searchedFile(path, table, slice), username, prefix, id),
      );
      found.push(...ids);
    }
  }
  return found;
}
