import type { PrivacyLevel } from "../openedx/preset/privacy-class.ts";
import type { TablePrivacy } from "../privacy/privacy-rules.ts";
import type { ColumnType } from "../table/column-type.ts";
import type { WrittenConstant } from "../table/parse-constant.ts";
import type { LakeNames } from "./lake-names.ts";

/** The settings file, resolved: variables filled in, secrets read, defaults applied, paths absolute. Holds secrets. */
export interface Settings {
  /** Absolute path of the file. */
  readonly file: string;
  readonly datalake: DatalakeSettings;
  readonly datasources: readonly DatasourceSettings[];
  /** What the catalog shows beside the tables, in the order of the file. */
  readonly views: readonly ViewsSettings[];
}

/** The views that come with the program, or those of a folder of SQL files, whose path is absolute. */
export type ViewsSettings =
  | { readonly kind: "openedx" }
  | { readonly kind: "folder"; readonly folder: string };

export type DatalakeSettings = LocalDatalakeSettings | S3DatalakeSettings | AwsDatalakeSettings;

/** What every lake has. */
export interface LakeLayout {
  /** First folder of every key and first word of every table's name. May hold slashes. */
  readonly basePrefix: string | undefined;
  /** The catalog's database or schema. */
  readonly database: string | undefined;
  /** Constant partition columns of every table, in path order. */
  readonly basePartitions: readonly BasePartition[];
  readonly format: FileFormat;
  /** How long replaced files stay for queries that still read them. */
  readonly retentionHours: number;
  /** How much of each file is compared with what was read, before it is published. */
  readonly checkFiles: "sample" | "all";
}

export type FileFormat = "parquet" | "csv";

export interface BasePartition {
  readonly name: string;
  /** As the file spells it. */
  readonly type: string;
  readonly value: string;
}

export interface LocalDatalakeSettings extends LakeLayout {
  readonly type: "local";
  readonly path: string;
}

/** Where a bucket is and who asks. */
export interface BucketSettings {
  readonly bucket: string;
  readonly region: string | undefined;
  /** undefined: AWS itself. */
  readonly endpointUrl: string | undefined;
  /** Whether the bucket's name stands in the path of addresses and not in their host name, as S3 servers other than AWS's want it. */
  readonly pathStyle: boolean;
  /** undefined: the default AWS credential chain, or `profile` of it. */
  readonly credentials: AccessKey | undefined;
  /** Of the AWS configuration files; never together with `credentials`. */
  readonly profile: string | undefined;
  /** Assumed with the credentials above; undefined: these do the work themselves. */
  readonly role: AssumedRole | undefined;
  readonly objects: ObjectSettings;
  readonly catalog: CatalogUpkeep;
}

export interface AssumedRole {
  readonly arn: string;
  readonly externalId: string | undefined;
}

/** What every object is written with. */
export interface ObjectSettings {
  /** undefined: as the bucket does by itself. */
  readonly encryption: ObjectEncryption | undefined;
  /** undefined: the bucket's own, `STANDARD` on AWS. */
  readonly storageClass: StorageClass | undefined;
  /** By name; ten at most. */
  readonly tags: Readonly<Record<string, string>>;
}

export type ObjectEncryption =
  | { readonly kind: "s3" }
  /** A key's id, `alias/name` or ARN; undefined: the key that AWS keeps for S3. */
  | { readonly kind: "kms"; readonly keyId: string | undefined };

export type StorageClass =
  | "STANDARD"
  | "STANDARD_IA"
  | "ONEZONE_IA"
  | "INTELLIGENT_TIERING"
  | "GLACIER_IR"
  | "REDUCED_REDUNDANCY";

/** `manual`: a load creates no tables and views, only the create commands do. */
export type CatalogUpkeep = "auto" | "manual";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A bucket without AWS's catalog: the catalog is a DuckDB file. */
export interface S3DatalakeSettings extends LakeLayout, BucketSettings {
  readonly type: "s3";
  /** The DuckDB file. */
  readonly catalogPath: string;
}

/** Without `database` or `workgroup` files are uploaded and no catalog is kept. */
export interface AwsDatalakeSettings extends LakeLayout, BucketSettings {
  readonly type: "aws";
  readonly workgroup: string | undefined;
}

export type DatasourceSettings =
  | MysqlDatasourceSettings
  | CourseStructuresDatasourceSettings
  | FileDatasourceSettings
  | SampleDatasourceSettings;

export interface DatasourceBasics {
  /** Unique in the file. */
  readonly name: string;
  /** Empty when none are listed; those of a preset are among them. */
  readonly tables: readonly TableSettings[];
  /** The level of `preset: openedx`; undefined without a preset. */
  readonly presetLevel?: PrivacyLevel | undefined;
  /** What values are hashed with; there where some table hashes. */
  readonly privacyKey?: string | undefined;
}

export interface MysqlDatasourceSettings extends DatasourceBasics {
  readonly type: "mysql";
  readonly connection: MysqlConnectionSettings;
  /** How many connections may read at once; undefined: the program decides. */
  readonly parallelReads: number | undefined;
  /** Where rows are read in place of `connection`, which is the primary then; the rest of `connection` holds for both. */
  readonly replica: MysqlPlace | undefined;
  /** undefined: no bound. */
  readonly maxLoad: MaxLoadSettings | undefined;
}

/** Where a server listens. */
export interface MysqlPlace {
  readonly host: string;
  readonly port: number;
  /** Takes the place of host and port. */
  readonly socket: string | undefined;
}

/** How much a server may have to do while it is read; what is undefined has no bound. */
export interface MaxLoadSettings {
  readonly threadsRunning: number | undefined;
  readonly replicaLagSeconds: number | undefined;
  /** How long a load waits in all. */
  readonly maxWaitSeconds: number;
}

export interface MysqlConnectionSettings extends MysqlPlace {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** undefined when the file leaves it blank, as the example files do until they are filled in. */
  readonly database: string | undefined;
  readonly sslMode: MysqlSslMode;
  readonly sslCa: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly compress: boolean;
}

/** MySQL's own words: https://dev.mysql.com/doc/refman/8.4/en/connection-options.html#option_general_ssl-mode */
export type MysqlSslMode = "disabled" | "preferred" | "required" | "verify_ca" | "verify_identity";

export interface CourseStructuresDatasourceSettings extends DatasourceBasics {
  readonly type: "openedx_course_structures";
  readonly mongodb: MongodbConnectionSettings;
  /** The LMS's database, when the file names its host or socket; else the published versions come from MongoDB. */
  readonly mysql: MysqlConnectionSettings | undefined;
}

/** Which members of a replica set may be read from, as MongoDB calls it. */
export type ReadPreference =
  | "primary"
  | "primary_preferred"
  | "secondary"
  | "secondary_preferred"
  | "nearest";

export interface MongodbConnectionSettings {
  /** A connection string, which may hold a password; in place of host and port. */
  readonly uri: string | undefined;
  /** One or several with commas. */
  readonly host: string;
  readonly port: number | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: string;
  readonly authSource: string | undefined;
  readonly replicaSet: string | undefined;
  readonly readPreference: ReadPreference | undefined;
  /** undefined: as the connection string says, without TLS when there is none. */
  readonly tls: boolean | undefined;
  readonly tlsCa: string | undefined;
  readonly tlsCert: string | undefined;
  /** The modulestore's collections begin with it. */
  readonly collection: string;
}

export interface FileDatasourceSettings extends DatasourceBasics {
  readonly type: "csv" | "xls";
  /** For `csv` perhaps a folder, or a pattern. */
  readonly location: string;
  /** For tables that are not listed; those that are have their own. */
  readonly reading: FileReadingSettings;
}

/** How the rows of files are read; what is undefined is found in the files, or is as usual. */
export interface FileReadingSettings {
  /** One character. */
  readonly delimiter: string | undefined;
  /** One character, or `none`. */
  readonly quote: string | undefined;
  /** One character. */
  readonly escape: string | undefined;
  readonly header: boolean | undefined;
  readonly encoding: "utf-8" | "utf-16" | "windows-1252" | undefined;
  readonly nullText: string | undefined;
  readonly onBadRow: "fail" | "skip" | "reject" | undefined;
  readonly rejectFile: string | undefined;
}

/** Generated rows of a made-up Open edX site. */
export interface SampleDatasourceSettings extends DatasourceBasics {
  readonly type: "openedx_sample";
  readonly scale: number;
  readonly seed: number;
  /** `YYYY-MM-DD`. */
  readonly asOf: string | undefined;
}

export interface TableSettings extends LakeNames {
  /** The table at the source. */
  readonly name: string;
  /** In path order; each is among `fields` when these are listed. */
  readonly partitionFields: readonly string[];
  readonly incremental: IncrementalSettings | undefined;
  /** How it is kept up to date; left out: by what fits. */
  readonly strategy?: StrategySetting;
  /** undefined: all columns of the table. */
  readonly fields: readonly FieldSettings[] | undefined;
  /** Of a table in files. */
  readonly reading?: FileReadingSettings | undefined;
  /** undefined: all fields stay as they are. */
  readonly privacy?: TablePrivacy | undefined;
  /** What becomes of the table when its columns change at the source; undefined: `evolve`. */
  readonly onSchemaChange?: OnSchemaChange | undefined;
  /** Present where the file does not list the table: it comes from the preset, and the source may lack it. */
  readonly fromPreset?: true;
}

/** The lake follows, keeps the columns that it has, or keeps the rows that it has. */
export type OnSchemaChange = "evolve" | "ignore" | "fail";

/** `auto` is left out. */
export type StrategySetting = "full" | "slices" | "merge";

export interface FieldSettings {
  readonly name: string;
  /** A MySQL type name as the file spells it; undefined when it says nothing. */
  readonly type: string | undefined;
  /** What `type` means in the lake; text without one, or when it is no type of MySQL's. */
  readonly columnType: ColumnType;
  /** Present when the file has a `value` for the field, whatever the value; it fits to `columnType` when there is a `type`. */
  readonly constant?: { readonly value: WrittenConstant };
}

export interface IncrementalSettings {
  readonly timestampField: string;
  /** A MySQL interval, e.g. `2 hour`: how far before the latest change the next load begins to look. */
  readonly interval: string;
  /** How often all rows are read; infinite for never. */
  readonly reconcileSeconds: number;
}
