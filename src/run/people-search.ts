import type { RowSearch } from "../catalogs/row-search.ts";
import type { ForgottenPeople } from "../lake/forgotten-people.ts";
import { type OpenedLake, openRowSearch } from "../open.ts";
import type { Settings } from "../settings/settings.ts";
import { type LocalFiles, openLocalFiles } from "./local-files.ts";
import { sets } from "./plan-search.ts";
import { openSoughtValues, type SoughtValues } from "./sought-values.ts";

/** What a search for people needs, with those who were forgotten before among the sought. */
export interface PeopleSearch extends AsyncDisposable {
  readonly search: RowSearch;
  readonly files: LocalFiles;
  readonly values: SoughtValues;
}

export async function openPeopleSearch(
  { store }: OpenedLake,
  settings: Settings,
  { users, leads }: ForgottenPeople,
): Promise<PeopleSearch> {
  const files = await openLocalFiles(store);
  let search: RowSearch | undefined;
  const close = async (): Promise<void> => {
    await search?.[Symbol.asyncDispose]();
    await files[Symbol.asyncDispose]();
  };
  try {
    search = await openRowSearch();
    const values = openSoughtValues(search, settings);
    await values.add(sets.user, users);
    for (const [set, found] of Object.entries(leads)) await values.add(set, found);
    return { search, files, values, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
