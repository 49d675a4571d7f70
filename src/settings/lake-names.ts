/** What the catalog calls a table. */
export interface LakeNames {
  /** The table over the files as they are. */
  readonly rawName: string;
  /** The typed view over it. */
  readonly viewName: string;
}

/** A table as far as its names in the lake go. */
export interface NamedTable {
  readonly name: string;
  readonly datalakeTableName?: string | undefined;
  readonly datalakeTableView?: string | undefined;
}

/** `openedx_raw_auth_user` and `openedx_table_auth_user`, unless the settings name them otherwise. */
export function lakeNames(basePrefix: string | undefined, table: NamedTable): LakeNames {
  const start = basePrefix === undefined ? "" : `${basePrefix}_`;
  return {
    rawName: table.datalakeTableName ?? `${start}raw_${table.name}`,
    viewName: table.datalakeTableView ?? `${start}table_${table.name}`,
  };
}
