import type { AwsAnswer, AwsCall } from "../catalogs/aws-front.ts";
import type { Column, Table } from "@aws-sdk/client-glue";
import type { TestMotoServer } from "../services/moto-server.ts";
import type { AwsSite } from "./aws-site.ts";

/**
 * Has views made in Glue, with the columns that their statement names, as Athena does. `choose` is asked first, as of
 * `front.answer`.
 */
export function keepViews(
  moto: TestMotoServer,
  { front, database }: AwsSite,
  choose: (call: AwsCall) => AwsAnswer | undefined | Promise<AwsAnswer | undefined> = () => undefined,
): void {
  front.answer(async (call) => {
    const chosen = await choose(call);
    if (chosen !== undefined || call.operation !== "StartQueryExecution") return chosen;
    const sql = String(call.input["QueryString"]);
    const [, name] = /^CREATE OR REPLACE VIEW "[^"]+"\."([^"]+)"/.exec(sql) ?? [];
    if (name !== undefined) await putView(moto, database, name, columnsOf(sql));
    return undefined;
  });
}

/** A view as the original's statement or ours leaves it in Glue. */
export async function putView(
  moto: TestMotoServer,
  database: string,
  name: string,
  columns: readonly string[],
): Promise<void> {
  await moto.glue.deleteTable({ DatabaseName: database, Name: name }).catch(() => undefined);
  await moto.glue.createTable({
    DatabaseName: database,
    TableInput: {
      Name: name,
      TableType: "VIRTUAL_VIEW",
      StorageDescriptor: { Columns: columns.map((column) => ({ Name: column, Type: "string" })) },
      Parameters: { presto_view: "true" },
    },
  });
}

/** The names of what a view's statement selects, in order. */
function columnsOf(sql: string): readonly string[] {
  return sql
    .slice(sql.indexOf("SELECT\n"), sql.lastIndexOf("\nFROM "))
    .split("\n")
    .slice(1)
    .map((line) => /"([^"]+)",?$/.exec(line)?.[1] ?? "");
}

/** What Glue has by this name. */
export async function glueTable(moto: TestMotoServer, database: string, name: string): Promise<Table> {
  const { Table } = await moto.glue.getTable({ DatabaseName: database, Name: name });
  if (Table === undefined) throw new Error(`Glue has no ${name}`);
  return Table;
}

/** `id int`, `name string`. */
export function spellColumns(columns: readonly Column[] | undefined): readonly string[] {
  return (columns ?? []).map(({ Name, Type }) => `${Name} ${Type}`);
}

/** Where each partition's files are, by its values joined with slashes; all pages. */
export async function partitionFolders(
  moto: TestMotoServer,
  database: string,
  table: string,
): Promise<Readonly<Record<string, string>>> {
  const folders: Record<string, string> = {};
  let token: string | undefined;
  do {
    const page = await moto.glue.getPartitions({
      DatabaseName: database,
      TableName: table,
      ...(token === undefined ? {} : { NextToken: token }),
    });
    for (const { Values = [], StorageDescriptor } of page.Partitions ?? []) {
      folders[Values.join("/")] = StorageDescriptor?.Location ?? "";
    }
    token = page.NextToken;
  } while (token !== undefined && token !== "");
  return folders;
}
