import { PanoramaError } from "../errors.ts";
import type { BucketSettings, DatalakeSettings, Settings } from "../settings/settings.ts";
import { planBucketStatements } from "./iam-bucket.ts";
import { hasCatalog, planCatalogStatements } from "./iam-catalog.ts";
import {
  type AwsLake,
  type Breadth,
  policyDocument,
  type PolicyScope,
  type PolicyStatement,
} from "./iam-statement.ts";

export interface IamPolicy {
  readonly statements: readonly PolicyStatement[];
  /** What whoever attaches the policy has to know besides, a sentence or two each. */
  readonly notes: readonly string[];
}

export interface PolicyOptions {
  /** Twelve digits; undefined stands for any account. */
  readonly account?: string | undefined;
  /** Where the workgroup writes what its queries return, `s3://bucket/folder/`, which no setting tells. */
  readonly resultLocation?: string | undefined;
}

/** What AWS takes in one managed policy, white space not counted. */
export const longestPolicy = 6144;

const breadths: readonly [Breadth, Breadth, Breadth] = [
  { catalogByPrefix: false, folderByPrefix: false },
  { catalogByPrefix: true, folderByPrefix: false },
  { catalogByPrefix: true, folderByPrefix: true },
];

/**
 * The least that an account needs for all commands with these settings. Asks nobody. Throws `USAGE` for a lake
 * that is not at AWS.
 */
export function planIamPolicy(settings: Settings, options: PolicyOptions = {}): IamPolicy {
  const lake = expectAwsLake(settings.datalake);
  const region = lake.region ?? "*";
  const scope = {
    lake,
    settings,
    partition: awsPartition(region),
    region,
    account: options.account ?? "*",
  };
  const planned = (breadth: Breadth): readonly PolicyStatement[] =>
    planStatements({ ...scope, ...breadth }, options);
  const breadth = breadths.find((each) => policyLength(planned(each)) <= longestPolicy) ?? breadths[0];
  const statements = planned(breadth);
  return { statements, notes: planNotes({ ...scope, ...breadth }, options, policyLength(statements)) };
}

function planStatements(scope: PolicyScope, options: PolicyOptions): readonly PolicyStatement[] {
  return [...planBucketStatements(scope), ...planCatalogStatements(scope, options.resultLocation)];
}

function policyLength(statements: readonly PolicyStatement[]): number {
  return JSON.stringify(policyDocument(statements)).length;
}

function expectAwsLake(datalake: DatalakeSettings): AwsLake {
  if (datalake.type === "local") {
    throw new PanoramaError("USAGE", "The lake is in a folder (type: local): nothing is asked of AWS");
  }
  if (datalake.type === "s3" && datalake.endpointUrl !== undefined) {
    throw new PanoramaError(
      "USAGE",
      "The lake is at endpoint_url and not at AWS (type: s3): that server has its own way to give rights",
    );
  }
  return datalake;
}

function awsPartition(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

function planNotes(scope: PolicyScope, options: PolicyOptions, length: number): readonly string[] {
  const { lake, settings } = scope;
  return [
    ...(settings.datasources.every(({ tables }) => tables.length === 0)
      ? ["The settings list no tables, so that none can be written: `panorama set-tables` fills them in."]
      : []),
    ...lengthNotes(scope, length),
    ...(lake.type === "aws" ? catalogNotes(lake, options) : []),
    ...viewNotes(scope),
    ...roleNotes(lake),
    ...(lake.objects.encryption?.kind === "kms"
      ? []
      : [
          "If the bucket encrypts with a KMS key of yours by itself, name the key in kms_key_id: it needs rights too.",
        ]),
  ];
}

/** Which views a folder has is not in the settings. */
function viewNotes({ lake, settings }: PolicyScope): readonly string[] {
  if (!hasCatalog(lake) || settings.views.every(({ kind }) => kind !== "folder")) return [];
  return [
    "Views of one's own are called as their files, which the settings do not name: add each to the tables of the statement CatalogTables.",
  ];
}

function lengthNotes({ lake, ...breadth }: PolicyScope, length: number): readonly string[] {
  if (length > longestPolicy) {
    return [
      `The policy has ${length} characters without white space, and AWS takes ${longestPolicy} in a managed policy: split its statements over several.`,
    ];
  }
  const start = lake.basePrefix === undefined ? "" : `${lake.basePrefix}_`;
  const patterns = [
    ...(breadth.catalogByPrefix && hasCatalog(lake) ? [`${start}raw_* and ${start}table_*`] : []),
    ...(breadth.folderByPrefix && lake.basePrefix !== undefined ? [`the folder ${lake.basePrefix}/*`] : []),
  ];
  if (patterns.length === 0) return [];
  return [
    `With each table's name the policy would be longer than the ${longestPolicy} characters that AWS takes: ${patterns.join(" and ")} stand for the tables.`,
  ];
}

function catalogNotes(
  lake: Extract<AwsLake, { readonly type: "aws" }>,
  { resultLocation }: PolicyOptions,
): readonly string[] {
  if (!hasCatalog(lake)) {
    return [
      "Without datalake_database and datalake_workgroup files are uploaded and no catalog is kept: S3 is all that is needed.",
    ];
  }
  return [
    ...(resultLocation === undefined
      ? [
          `Views are created by queries, whose results workgroup ${lake.workgroup} writes to a bucket that the settings do not name: --result-location s3://BUCKET/FOLDER/ adds the rights on it.`,
        ]
      : []),
  ];
}

function roleNotes({ role }: BucketSettings): readonly string[] {
  if (role === undefined) return [];
  return [
    `The policy is for the role ${role.arn}. Who assumes it needs sts:AssumeRole on it, and the role has to trust them.`,
  ];
}
