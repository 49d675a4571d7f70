import type { LakeFormat } from "../encoders/encoder.ts";
import type { PanoramaError } from "../errors.ts";
import type { CheckResult } from "../sources/source.ts";
import type { Partition } from "../table/partition.ts";
import type { Column } from "../table/table-schema.ts";

/** A lake table as SQL engines should see it. */
export interface LakeTable {
  /** At the source, e.g. `auth_user`. */
  readonly name: string;
  /** Name of the raw table, e.g. `openedx_raw_auth_user`; undefined when it is not to be defined. */
  readonly rawName: string | undefined;
  /** Name of the typed view, e.g. `openedx_table_auth_user`; undefined when it is not to be defined. */
  readonly viewName: string | undefined;
  /** The datasource it comes from. */
  readonly source: string;
  /** What all its files are below, those of other installations too: `s3://bucket/openedx/auth_user/`. */
  readonly folder: string;
  readonly format: LakeFormat;
  /** The table's columns in the order of the settings, partition columns included. */
  readonly columns: readonly Column[];
  /** Constant partition columns of the lake, in path order, e.g. `lms`. Always text. */
  readonly basePartitions: readonly string[];
  /** Those of `columns` that are in the path and not in the files, in path order. */
  readonly partitionColumns: readonly string[];
  readonly slices: readonly LakeSlice[];
  /** True when some files lack some of the columns, which then are NULL in their rows, or have other types. */
  readonly mixedColumns: boolean;
}

/** The files of one slice now. */
export interface LakeSlice {
  /** Field partitions only; base partitions are in the path. */
  readonly partition: Partition;
  readonly basePartition: Partition;
  /** As the store's root and key spell it; a file of the local disk for a local lake. */
  readonly files: readonly string[];
  readonly rowCount: number;
}

/** A query over the typed views, kept under a name. */
export interface LakeView {
  readonly name: string;
  /** One query in the SQL of Athena (Trino); names are in double quotes and without a schema. */
  readonly sql: string;
  /** What it reads: typed views, and views that come before it. */
  readonly reads: readonly string[];
}

export interface PublishOptions {
  /**
   * To be made after the tables, in this order. One that the engine refuses is told as a warning, with the engine's
   * reason, and keeps only those from it that read it.
   */
  readonly views?: readonly LakeView[];
  /** Asks what the catalog really has, also where nothing has changed since it was last written. */
  readonly verify?: boolean;
  /** Raw tables that may be dropped and made anew where they cannot be changed: a moment without an answer. */
  readonly replace?: readonly string[];
}

/** Something that a publication could not do, and that makes no reader's answer wrong. */
export interface CatalogWarning {
  /** The raw table or view. */
  readonly table: string;
  readonly message: string;
  /** Somebody else made it, and it stays as it is until there are rows of ours to show. Not worth telling in a run. */
  readonly left?: true;
}

/** Makes lake files queryable by name. Every method may be repeated without harm. */
export interface Catalog {
  /** What `publish` wants to be told: the tables of this lake, or of all lakes below its base prefix, as one. */
  readonly scope: "this-lake" | "all-lakes";

  /** Present where all files of a slice have to lie in one folder. Left out where files are named one by one. */
  readonly readsFolders?: true;

  /** Proves that it can be written. Never throws for a "no". */
  check(): Promise<readonly CheckResult[]>;

  /** Loads what `publish` needs, which takes a tenth of a second; for a moment at which there is time. Left out where it needs nothing. */
  prepare?(): Promise<void>;

  /** `publish` follows: begins with what it begins with. Left out where that takes no time. Never throws. */
  expectPublish?(): void;

  /**
   * Makes the catalog say exactly this of the lake: what is not listed is dropped (definitions, never files), views
   * too.
   * A table that cannot be shown does not keep the others from it; then it throws at the end.
   */
  publish(tables: readonly LakeTable[], options?: PublishOptions): Promise<readonly CatalogWarning[]>;

  /**
   * Those of these raw tables that take whatever comes into the folders of their slices for files of another format
   * than this. Left out where files are named one by one.
   */
  readsOtherwise?(rawNames: readonly string[], format: LakeFormat): Promise<ReadonlySet<string>>;

  /**
   * Why tables, by raw name, cannot be shown without misreading files. Asks and changes nothing; to be called before
   * their files are published. Left out where everything can be shown.
   */
  refusals?(
    tables: readonly LakeTable[],
    options?: PublishOptions,
  ): Promise<ReadonlyMap<string, PanoramaError>>;

  /**
   * To be called before files are put into their places: tables that would read them as what they are not have no
   * rows from here until they are published. Resolves to their raw names. Left out where files are named one by one.
   */
  hide?(tables: readonly LakeTable[], options?: PublishOptions): Promise<ReadonlySet<string>>;

  /**
   * Whether it says exactly this, or something else; undefined when it says nothing. Left out by a catalog that
   * whoever loads keeps up to date: one that has this may be a copy on another machine.
   */
  compare?(
    tables: readonly LakeTable[],
    options?: Pick<PublishOptions, "views">,
  ): Promise<"same" | "different" | undefined>;
}
