import { createHmac } from "node:crypto";
import type { TableToLoad } from "../load/table-to-load.ts";
import type { DatasourceSettings, TableSettings } from "../settings/settings.ts";

/** To be raised when rows are encoded otherwise than before: then all tables are loaded once. */
const encodingRevision = 1;

/** What the settings say of a table, as a load wants it. `apart`: as of `LoadTarget`. */
export function planTableToLoad(
  table: TableSettings,
  datasource: DatasourceSettings,
  apart: boolean,
): TableToLoad {
  // What is done about changes, and how a table is kept up to date, says nothing of what is asked for.
  const { onSchemaChange, strategy = "auto", ...asked } = table;
  return {
    request: { table: table.name, fields: table.fields },
    partitionColumns: table.partitionFields,
    rawName: table.rawName,
    viewName: table.viewName,
    apart,
    ...(table.fromPreset ? { optional: true } : {}),
    strategy,
    incremental: table.incremental && {
      field: { name: table.incremental.timestampField, overlap: table.incremental.interval },
      reconcileSeconds: table.incremental.reconcileSeconds,
    },
    requestMark: markOf(asked, originOf(datasource), datasource),
    schemaPolicy: {
      onChange: onSchemaChange ?? "evolve",
      mark: markOf(columnsAsked(table), [], datasource),
    },
  };
}

/** What of the settings decides which columns a table has, and their types. */
function columnsAsked({ fields, privacy, partitionFields, reading }: TableSettings): object {
  return { fields, privacy, partitionFields, reading };
}

/** Of what the settings say of the table, the key of its hashes included. */
function markOf(said: object, origin: readonly unknown[], datasource: DatasourceSettings): string {
  const spelled = JSON.stringify([encodingRevision, said, origin], (_, value: unknown) =>
    value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : value,
  );
  return createHmac("sha256", datasource.privacyKey ?? "")
    .update(spelled)
    .digest("hex");
}

/** Where the rows come from: those of another database are others, whatever its tables are called. */
function originOf(datasource: DatasourceSettings): readonly unknown[] {
  if (datasource.type === "openedx_sample") return [datasource.scale, datasource.seed, datasource.asOf];
  if (datasource.type !== "mysql") return [];
  const { host, port, socket, database } = datasource.connection;
  return [host, port, socket, database];
}
