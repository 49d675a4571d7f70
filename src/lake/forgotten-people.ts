import { forgottenPeopleKey, type LakePlace } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import { listAt, objectAt, oneOfAt, parseOurs, readAt, textAt } from "./json-fields.ts";
import { isConflict } from "./manifest.ts";

/** Whose rows are left out of every later load. Nobody is named: there are ids, and hashes of ids, alone. */
export interface ForgottenPeople {
  readonly users: readonly string[];
  /** Columns of which the operator has said that they hold what people are found by. */
  readonly columns: readonly ToldColumn[];
  /** What led from one table to another, by what it is: anonymous ids, ids of rows. Where they led from is gone. */
  readonly leads: Readonly<Record<string, readonly string[]>>;
}

/** A column of which the operator says what it holds. */
export interface ToldColumn {
  readonly table: string;
  readonly column: string;
  readonly mark: "user" | "name";
}

export const nobody: ForgottenPeople = { users: [], columns: [], leads: {} };

const formatName = "panorama-forgotten-people";
const formatVersion = 1;
const mostAttempts = 20;

/** Throws `LAKE_UNREADABLE` for a list of another version: nobody can say whom it leaves out. */
export async function readForgottenPeople(store: Store, lake: LakePlace): Promise<ForgottenPeople> {
  return (await readSaved(store, lake)).people;
}

/** Adds to the list, whoever else does at the same time. */
export async function addForgottenPeople(
  store: Store,
  lake: LakePlace,
  more: ForgottenPeople,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { people, version } = await readSaved(store, lake);
    const next = unite(people, more);
    if (JSON.stringify(next) === JSON.stringify(people)) return;
    const spelled = JSON.stringify({ format: formatName, version: formatVersion, ...next });
    try {
      await store.put(forgottenPeopleKey(lake), Buffer.from(`${spelled}\n`), { ifVersion: version });
      return;
    } catch (cause) {
      if (!isConflict(cause) || attempt >= mostAttempts) throw cause;
    }
  }
}

function unite(a: ForgottenPeople, b: ForgottenPeople): ForgottenPeople {
  const columns = new Map([...a.columns, ...b.columns].map((each) => [JSON.stringify(each), each]));
  const names = [...new Set([...Object.keys(a.leads), ...Object.keys(b.leads)])].sort();
  return {
    users: united(a.users, b.users),
    columns: [...columns.values()],
    leads: Object.fromEntries(names.map((name) => [name, united(a.leads[name] ?? [], b.leads[name] ?? [])])),
  };
}

function united(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort();
}

async function readSaved(
  store: Store,
  lake: LakePlace,
): Promise<{ readonly people: ForgottenPeople; readonly version: string | null }> {
  const key = forgottenPeopleKey(lake);
  const found = await store.get(key);
  if (found === undefined) return { people: nobody, version: null };
  const text = Buffer.from(found.bytes).toString("utf8");
  return { people: readAt(store.root, key, () => parsePeople(text)), version: found.version };
}

function parsePeople(text: string): ForgottenPeople {
  const root = parseOurs(text, formatName, formatVersion);
  const leads = Object.entries(objectAt("leads", root["leads"]));
  return {
    users: listAt("users", root["users"], textAt),
    columns: listAt("columns", root["columns"], toldAt),
    leads: Object.fromEntries(leads.map(([name, values]) => [name, listAt(`leads.${name}`, values, textAt)])),
  };
}

function toldAt(path: string, value: unknown): ToldColumn {
  const from = objectAt(path, value);
  return {
    table: textAt(`${path}.table`, from["table"]),
    column: textAt(`${path}.column`, from["column"]),
    mark: oneOfAt(`${path}.mark`, from["mark"], ["user", "name"]),
  };
}
