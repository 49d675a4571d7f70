/**
 * Every way in which a run can fail that is not a bug, with what to do about it. The code is stable: scripts
 * and log searches may rely on it. `{name}` in a remedy is filled from the error's details.
 */
export const remedies = {
  /** The settings file cannot be read or is not what it should be. */
  SETTINGS_INVALID:
    "Correct the lines named above; `panorama settings-schema` prints the schema for your editor.",
  /** `set-tables` and `set-tables-fields` replace the file as a whole. */
  SETTINGS_UNWRITABLE:
    "Let this account write to the file's folder; in a container, mount the folder and not the file alone.",
  /** A command line that does not fit together. */
  USAGE: "See `panorama --help`.",
  /** A name on the command line that the settings do not have. */
  UNKNOWN_NAME: "Check the spelling against the settings file.",
  /** No connection: host, port, socket or network. */
  SOURCE_UNREACHABLE: "Check host, port and network; `panorama test-connections` tries only the connections.",
  /** The server said no to user or password. */
  SOURCE_DENIED: "Check user name, password and the account's rights; it needs SELECT on the tables.",
  SOURCE_DATABASE_MISSING: "Check the database's name in the settings.",
  /** The connection ended while rows were read. Nothing of the table was published. */
  SOURCE_CUT_SHORT: "The table keeps its old version. Run again; see the server's log if it happens again.",
  /** The server refused a statement. */
  SOURCE_FAILED: "Read the server's message above.",
  /** The server that the settings name as a replica is none or does not run; or a replica is too far behind. */
  SOURCE_REPLICA_UNFIT: "Mend its replication, or have the settings name the primary to read from.",
  /** The server was read, and there is nothing that a table could be made of; the table keeps its old version. */
  SOURCE_EMPTY: "Check that the settings name the right database and collections.",
  /** A file of a datasource that is not there, may not be read, or is not what its type says. */
  SOURCE_UNREADABLE:
    "Check `location` in the settings, this account's rights on the file, and the file itself.",
  /** A row of a file that cannot be read, or a value that its column's declared type cannot hold. */
  ROW_INVALID:
    "Correct the row or the column's `type`, or leave such rows out with `on_bad_row: skip` or `reject`.",
  /** TLS was asked for and could not be had, or the certificate is not trusted. */
  SOURCE_TLS:
    "Check the TLS settings (`mysql_ssl_mode` and `mysql_ssl_ca`, or `mongodb_tls_ca`) against the server's certificate.",
  /** The settings ask for something that this version cannot do. */
  UNSUPPORTED: "See CHANGELOG.md for what each version can do.",
  TABLE_MISSING: "Correct the name, or remove the table from the settings file.",
  COLUMN_MISSING:
    "Correct `fields`, `partition_fields` and `privacy`; without `fields` all columns are loaded.",
  /** The columns of a table have changed in a way that `on_schema_change` does not let into the lake. */
  SCHEMA_CHANGED:
    "The table keeps its last rows. `panorama extract-and-load --rebuild TABLE` takes its columns as they are this once, `on_schema_change: evolve` always.",
  /** A value that its lake type cannot hold. */
  VALUE_UNREPRESENTABLE: "Change the column's type in the settings, or report this as a bug.",
  /** Someone saved the object first. */
  STORE_CONFLICT:
    "Another run published at the same time and won: `panorama history` tells which. Run again if that is still to be done.",
  STORE_FULL:
    "Free some space and run again. What readers see is whole; the next run removes what was left unfinished.",
  /** The bucket's server knows nobody by these credentials, or they may not do this. */
  STORE_DENIED:
    "Correct the credentials, or give them the right named above on the lake's part of the bucket.",
  /** No connection, no such bucket, or a bucket in another region. */
  STORE_UNREACHABLE:
    "Check `panorama_raw_data_bucket`, `aws_region`, `endpoint_url` and the network; `panorama test-connections` tries only the connections.",
  /** The bucket's server lacks what keeps two runs from overwriting each other. */
  STORE_UNSUPPORTED:
    "Use a newer release of the server, or another one: it has to support conditional writes (If-None-Match and If-Match).",
  STORE_READ_ONLY: "Make the folder writable for this account, or choose another `path` or `catalog_path`.",
  STORE_FAILED: "Correct what the message above names, or choose another `path` or bucket.",
  /** A partition value too long for a folder's name. */
  PARTITION_VALUE_TOO_LONG: "Partition by another column, or not at all.",
  /** The lake was written by a program that is newer, or is not a lake of ours. */
  LAKE_UNREADABLE: "Use the version that wrote it, or another `path`, bucket or `base_prefix`.",
  /** A file that was written is not what was read, found before it was published, or another one than was published. */
  FILE_WRONG:
    "Nothing of the table was published, and its last version stays. Run again; if it happens again, look for a failing disk or memory, and else report it as a bug.",
  /** The run to go back to is not known, or files of then are not kept. Nothing was done. */
  ROLLBACK_IMPOSSIBLE:
    "`panorama history` lists the runs. Replaced files are kept for `retention_hours`, Parquet only; `--tables` leaves tables out.",
  /** Files of the lake are not what the manifest says of them. No row was removed. */
  FORGET_IMPOSSIBLE:
    "`panorama verify --all` names the files; load their tables with `panorama extract-and-load --force`, then repeat.",
  /** The query is wrong, or the catalog cannot be opened. */
  QUERY_FAILED: "`panorama tables` lists what can be asked.",
  /** A query before the first load. */
  CATALOG_MISSING: "Load something first: `panorama extract-and-load --all`.",
  CATALOG_FAILED:
    "The files are published; run `panorama create-datalake-tables --all` to rebuild the catalog.",
  /** DuckDB reads buckets with an extension, which is not part of it and has to be fetched once. */
  HTTPFS_MISSING:
    'Files that were loaded are published all the same. Install it with `duckdb -c "INSTALL httpfs"` of that release and this account, or copy the file to where the message says; then run `panorama create-datalake-tables --all`.',
  /** AWS refuses the credentials, or a right that the catalog needs. */
  CATALOG_DENIED:
    "The files are published. Grant the right named above, then run `panorama create-datalake-tables --all`.",
  /** A table that the catalog has already, and that cannot become what it is to be without misreading files. */
  CATALOG_INCOMPATIBLE:
    "Make it anew with `panorama extract-and-load --rebuild TABLE`, or give it another `datalake_table_name`. What installations share needs the same settings in all of them.",
  /** Ours, not yours. */
  BUG: "This is a bug in panorama. Run again with --debug and report what it prints.",
  /** SIGINT or SIGTERM. */
  INTERRUPTED: "Nothing was published. Run again; the next run removes what was written.",
} as const;

export type ErrorCode = keyof typeof remedies;

/** Names only: never a value, never a secret. */
export interface ErrorDetails {
  readonly source?: string;
  readonly table?: string;
  readonly column?: string;
  readonly key?: string;
}

/** A failure that a person can act on. Anything else that is thrown is a bug and keeps its stack. */
export class PanoramaError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options: ErrorOptions = {}) {
    super(message, options);
    this.name = "PanoramaError";
    this.code = code;
    this.details = details;
  }

  /** What to do about it, one or two sentences. */
  get remedy(): string {
    return remedies[this.code];
  }
}
