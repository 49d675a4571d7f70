import { columnValues } from "../table/column-values.ts";
import { partitionText } from "../table/partition-text.ts";
import type { Snapshot } from "../sources/source.ts";
import { type OpenedLake, openPlainSource } from "../open.ts";
import type { DatasourceSettings } from "../settings/settings.ts";

export interface WantedPeople {
  readonly users: ReadonlySet<string>;
  /** Whether somebody was forgotten before, who is searched for again. */
  readonly wasForgotten: (id: string) => boolean;
  /** Present: also those whose user name begins so, or whose retirement is complete. */
  readonly retiredPrefix: string | undefined;
  /** With what the user names of retired users begin. */
  readonly markPrefix: string;
  /** Whether anonymous ids are asked for. */
  readonly withAnonymous: boolean;
}

/** What a source says of people. Names do not leave this process. */
export interface PeopleAtSource {
  readonly source: string;
  /** Ids of the retired, if they were asked for. */
  readonly retired: readonly string[];
  /** Undefined where it has no users. */
  readonly names: readonly string[] | undefined;
  /** Undefined where it has none, or was not asked for them. */
  readonly anonymous: readonly string[] | undefined;
  /** Those of the wanted who are there, and have no retired user name. */
  readonly notRetired: readonly string[];
}

/** The state of Open edX's pipeline in which a retirement is done with. */
const completed = "COMPLETED";

/**
 * Asks the tables of Open edX in a datasource, as they are: names that are hashed in the lake are names there. A table
 * that it does not have says nothing. Reads whole tables, one row after the other.
 */
export async function readPeople(
  datasource: DatasourceSettings,
  lake: OpenedLake,
  wanted: WantedPeople,
  signal: AbortSignal,
): Promise<PeopleAtSource> {
  await using source = await openPlainSource(datasource, lake);
  const tables = new Set(await source.listTables());
  await using snapshot = await source.openSnapshot(signal);
  const read = (table: string, columns: readonly string[]): AsyncIterable<readonly string[]> =>
    tables.has(table) ? readTexts(snapshot, table, columns, signal) : noRows();
  const { users } = wanted;
  const retired = new Set<string>();
  const isSought = (id: string): boolean => retired.has(id) || users.has(id) || wanted.wasForgotten(id);
  const names: string[] = [];
  const notRetired: string[] = [];

  const done = new Set<string>();
  for await (const [id = "", state] of read("user_api_retirementstate", ["id", "state_name"])) {
    if (state === completed) done.add(id);
  }
  const status = ["user_id", "current_state_id", "original_username", "original_email"];
  for await (const [id = "", state = "", ...original] of read("user_api_userretirementstatus", status)) {
    if (wanted.retiredPrefix !== undefined && done.has(state)) retired.add(id);
    if (isSought(id)) names.push(...original);
  }
  for await (const [id = "", username = "", email = ""] of read("auth_user", ["id", "username", "email"])) {
    const isRetired = username.startsWith(wanted.markPrefix);
    if (isRetired && wanted.retiredPrefix !== undefined) retired.add(id);
    if (!isSought(id)) continue;
    names.push(username, email);
    if (!isRetired && (retired.has(id) || users.has(id))) notRetired.push(id);
  }
  const anonymous: string[] = [];
  const withAnonymous = wanted.withAnonymous && tables.has("student_anonymoususerid");
  const ids = ["user_id", "anonymous_user_id"];
  for await (const [id = "", name = ""] of withAnonymous ? read("student_anonymoususerid", ids) : noRows()) {
    if (isSought(id)) anonymous.push(name);
  }
  return {
    ...{ source: datasource.name, retired: [...retired], notRetired },
    names: tables.has("auth_user") ? names.filter((name) => name !== "") : undefined,
    anonymous: withAnonymous ? anonymous : undefined,
  };
}

async function* noRows(): AsyncGenerator<readonly string[]> {}

/** An empty text for NULL. */
async function* readTexts(
  snapshot: Snapshot,
  table: string,
  columns: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const fields = columns.map((name) => ({ name, type: undefined, columnType: { kind: "text" } as const }));
  const reading = await snapshot.openTable({ table, fields });
  for await (const batch of reading.batches(signal)) {
    const texts = batch.columns.map((data, i) => {
      const type = reading.schema.columns[i]?.type ?? { kind: "text" as const };
      return Array.from(
        columnValues(type, data, batch.rowCount),
        (value) => partitionText(type, value) ?? "",
      );
    });
    batch.release();
    for (let row = 0; row < batch.rowCount; row++) yield texts.map((column) => column[row] ?? "");
  }
}
