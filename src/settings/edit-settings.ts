import { isDeepStrictEqual } from "node:util";
import { isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import { PanoramaError } from "../errors.ts";
import { editList } from "./edit-list.ts";
import { nearestName } from "./nearest-name.ts";
import type { NewEntry } from "./new-entry.ts";
import { replaceFile } from "./replace-file.ts";
import {
  aliasLimit,
  findPair,
  follow,
  parseSettingsDocument,
  resolveText,
  type SettingsDocument,
} from "./settings-document.ts";
import { type SettingPath, spellPath } from "./settings-problems.ts";
import { readSettingsText } from "./settings-text.ts";
import { escapeVariables } from "./substitute-variables.ts";

/**
 * Makes a datasource's `tables` hold exactly these. Entries of tables that stay keep their settings and comments,
 * the others go, new ones follow as `- name: x`. All else in the file stays as it is, to the character.
 */
export async function replaceTables(
  path: string,
  datasource: string,
  tableNames: readonly string[],
): Promise<void> {
  const wanted = new Set(tableNames);
  await editFile(path, (document) => ({
    owner: findDatasource(document, datasource),
    key: "tables",
    stays: (name) => wanted.has(name),
    additions: (names) => [...wanted].filter((name) => !names.includes(name)).map((name) => ({ name })),
  }));
}

export interface FieldEntry {
  readonly name: string;
  readonly type: string;
}

/**
 * Makes a table's `fields` hold these. Entries of fields that stay are left alone, a `type` or `value` of theirs
 * included; so are constants that the table does not have. New ones follow in the order given.
 */
export async function replaceFields(
  path: string,
  datasource: string,
  table: string,
  fields: readonly FieldEntry[],
): Promise<void> {
  // MySQL does not tell column names in different case apart.
  const wanted = new Set(fields.map(({ name }) => name.toLowerCase()));
  await editFile(path, (document) => ({
    owner: findTable(document, datasource, table),
    key: "fields",
    stays: (name, entry) =>
      wanted.has(name.toLowerCase()) || findPair(document.yaml, entry, "value") !== undefined,
    additions: (names) => {
      const known = new Set(names.map((name) => name.toLowerCase()));
      return fields
        .filter(({ name }) => !known.has(name.toLowerCase()))
        .map(({ name, type }) => ({ name, type }));
    },
  }));
}

interface Edit {
  readonly owner: Located;
  readonly key: "tables" | "fields";
  readonly stays: (name: string, entry: YAMLMap) => boolean;
  /** Given the names that the list has so far. */
  readonly additions: (names: readonly string[]) => readonly NewEntry[];
}

async function editFile(file: string, plan: (document: SettingsDocument) => Edit): Promise<void> {
  const text = await readSettingsText(file);
  const document = parseSettingsDocument(file, text);
  document.problems.throwIfAny();
  const { yaml } = document;
  const { owner, key, stays, additions } = plan(document);

  const entries = entriesOf(document, owner.node, key);
  const names = entries.flatMap((entry) => nameOf(document, entry) ?? []);
  const staying = new Set(
    entries.filter((entry) => {
      const target = follow(yaml, entry);
      const name = nameOf(document, target);
      return name === undefined || !isMap(target) || stays(name, target);
    }),
  );
  const change = { stays: (entry: unknown): boolean => staying.has(entry), additions: additions(names) };
  const edited = editList({ text, yaml }, owner.node, key, change);
  if (edited === text) return;
  const path = [...owner.path, key];
  const kept = entries.flatMap((entry, index) => (staying.has(entry) ? [index] : []));
  const added = change.additions.map((entry) =>
    Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, escapeVariables(value)])),
  );
  if (edited === undefined || !changesOnlyTheList(document, edited, path, [...kept, ...added])) {
    const setting = `${spellPath(path)} (line ${document.lineOf(path)})`;
    const why = "it is written with an alias, an anchor or a merge that others need";
    throw new PanoramaError("SETTINGS_INVALID", `${setting} of ${file} must be edited by hand: ${why}`);
  }
  await replaceFile(file, edited);
}

interface Located {
  readonly node: YAMLMap;
  readonly path: SettingPath;
}

function findDatasource(document: SettingsDocument, name: string): Located {
  const root = document.yaml.contents;
  if (!isMap(root)) throw new PanoramaError("UNKNOWN_NAME", `The settings have no datasource ${name}`);
  return findNamed(document, { node: root, path: [] }, "datasources", name);
}

function findTable(document: SettingsDocument, datasource: string, name: string): Located {
  return findNamed(document, findDatasource(document, datasource), "tables", name);
}

function findNamed(
  document: SettingsDocument,
  owner: Located,
  key: "datasources" | "tables",
  name: string,
): Located {
  const entries = entriesOf(document, owner.node, key);
  const names = entries.map((entry) => nameOf(document, entry));
  const index = names.indexOf(name);
  const node = follow(document.yaml, entries[index]);
  if (isMap(node)) return { node, path: [...owner.path, key, index] };

  const meant = nearestName(
    name,
    names.filter((each) => each !== undefined),
  );
  const what = key === "datasources" ? "datasource" : "table";
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new PanoramaError("UNKNOWN_NAME", `The settings have no ${what} ${name}${hint}`);
}

/** The list's entries, or the one entry that is written without a dash. */
function entriesOf({ yaml }: SettingsDocument, owner: YAMLMap, key: string): readonly unknown[] {
  const list = follow(yaml, findPair(yaml, owner, key)?.value);
  if (isMap(list)) return [list];
  return isSeq(list) ? list.items : [];
}

function nameOf({ yaml }: SettingsDocument, entry: unknown): string | undefined {
  const target = follow(yaml, entry);
  if (!isMap(target)) return undefined;
  return resolveText(follow(yaml, findPair(yaml, target, "name")?.value), process.env);
}

/** Proves, by reading both texts, that the edit did what was asked and nothing else. */
function changesOnlyTheList(
  document: SettingsDocument,
  edited: string,
  path: SettingPath,
  expected: readonly (number | NewEntry)[],
): boolean {
  const yaml = parseDocument(edited, { merge: true, prettyErrors: false, logLevel: "error" });
  if (yaml.errors.length > 0) return false;
  try {
    const before = takeOut(document.yaml.toJS(aliasLimit), path);
    const after = takeOut(yaml.toJS(aliasLimit), path);
    const list = expected.map((entry) => (typeof entry === "number" ? before.list[entry] : entry));
    return isDeepStrictEqual(after.list, list) && isDeepStrictEqual(after.rest, before.rest);
  } catch (error) {
    // An alias whose anchor went with an entry.
    if (error instanceof ReferenceError) return false;
    throw error;
  }
}

function takeOut(
  root: unknown,
  path: SettingPath,
): { readonly list: readonly unknown[]; readonly rest: unknown } {
  let owner = root as Record<string | number, unknown>;
  for (const part of path.slice(0, -1)) {
    const isSingleEntry = typeof part === "number" && !Array.isArray(owner);
    if (!isSingleEntry) owner = owner[part] as Record<string | number, unknown>;
  }
  const key = path.at(-1) ?? "";
  const value = owner[key];
  delete owner[key];
  const list: unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return { list, rest: root };
}
