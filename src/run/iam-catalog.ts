import type { Settings } from "../settings/settings.ts";
import {
  type AwsLake,
  bucketArn,
  escapeArn,
  type PolicyLine,
  type PolicyScope,
  type PolicyStatement,
} from "./iam-statement.ts";

/** Whether the settings ask for tables and views in AWS's catalog. */
export function hasCatalog(
  lake: AwsLake,
): lake is Extract<AwsLake, { readonly type: "aws" }> & { database: string; workgroup: string } {
  return lake.type === "aws" && lake.database !== undefined && lake.workgroup !== undefined;
}

/** The rights on AWS's catalog and on the workgroup; none for a lake that has no catalog there. */
export function planCatalogStatements(
  scope: PolicyScope,
  resultLocation: string | undefined,
): readonly PolicyStatement[] {
  const { lake, partition, region, account } = scope;
  if (!hasCatalog(lake)) return [];
  const glue = `arn:${partition}:glue:${region}:${account}`;
  // Glue folds names to lower case, and policies do not.
  const database = escapeArn(lake.database.toLowerCase());
  return [
    {
      sid: "CatalogTables",
      actions: glueActions(scope),
      resources: [
        { text: `${glue}:catalog`, purpose: "the catalog, which AWS asks for with everything in it" },
        { text: `${glue}:database/${database}`, purpose: "the database" },
        ...tableNames(scope).map(({ text, purpose }) => ({
          text: `${glue}:table/${database}/${text}`,
          purpose,
        })),
      ],
    },
    {
      sid: "AthenaViews",
      actions: [
        { text: "athena:StartQueryExecution", purpose: "create views, which only a query can" },
        { text: "athena:GetQueryExecution", purpose: "wait for them, and tell why one failed" },
      ],
      resources: [
        {
          text: `arn:${partition}:athena:${region}:${account}:workgroup/${escapeArn(lake.workgroup)}`,
          purpose: "the workgroup",
        },
      ],
    },
    ...(resultLocation === undefined ? [] : planResultStatements(scope, resultLocation)),
  ];
}

function glueActions({ lake, settings }: PolicyScope): readonly PolicyLine[] {
  return [
    { text: "glue:GetDatabase", purpose: "see that the database is there" },
    { text: "glue:GetDatabases", purpose: "the same, asked by Athena" },
    { text: "glue:GetTable", purpose: "compare a table with what it should be" },
    { text: "glue:CreateTable", purpose: "create tables, and by Athena views" },
    { text: "glue:UpdateTable", purpose: "change tables, and by Athena views" },
    { text: "glue:DeleteTable", purpose: "drop-datalake-tables" },
    { text: "glue:GetPartitions", purpose: "compare partitions with what they should be" },
    { text: "glue:BatchCreatePartition", purpose: "add partitions" },
    ...(isPartitioned(settings)
      ? [
          { text: "glue:BatchUpdatePartition", purpose: updatePurposes[lake.format] },
          { text: "glue:BatchDeletePartition", purpose: "take out partitions that have no rows any more" },
        ]
      : []),
  ];
}

const updatePurposes = {
  csv: "let a new list of fields reach the partitions that are there",
  parquet: "show the files of a new load in place of the old ones",
} as const;

function isPartitioned({ datalake, datasources }: Settings): boolean {
  const tables = datasources.flatMap((datasource) => datasource.tables);
  return (
    datalake.basePartitions.length > 0 || tables.some(({ partitionFields }) => partitionFields.length > 0)
  );
}

function tableNames({ lake, settings, catalogByPrefix }: PolicyScope): readonly PolicyLine[] {
  const named = settings.datasources
    .flatMap((datasource) => datasource.tables)
    .flatMap(({ name, rawName, viewName }) => [
      { text: escapeArn(rawName.toLowerCase()), purpose: `raw table of ${name}` },
      { text: escapeArn(viewName.toLowerCase()), purpose: `view of ${name}` },
    ]);
  const start = lake.basePrefix === undefined ? "" : `${escapeArn(lake.basePrefix.toLowerCase())}_`;
  if (settings.views.some(({ kind }) => kind === "openedx")) {
    named.push({ text: `${start}view_*`, purpose: "views that come with the program" });
  }
  if (!catalogByPrefix) return named;
  const [raw, view] = [`${start}raw_`, `${start}table_`];
  return [
    { text: `${raw}*`, purpose: "raw tables" },
    { text: `${view}*`, purpose: "views" },
    ...named.filter(({ text }) => !text.startsWith(raw) && !text.startsWith(view)),
  ];
}

function planResultStatements(scope: PolicyScope, resultLocation: string): readonly PolicyStatement[] {
  const [, name = "", folder = ""] = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(resultLocation) ?? [];
  const bucket = bucketArn(scope, name);
  const files = folder === "" ? "*" : `${escapeArn(folder)}/*`;
  return [
    {
      sid: "QueryResults",
      actions: [
        { text: "s3:PutObject", purpose: "Athena writes with the rights of who asks" },
        { text: "s3:GetObject", purpose: "the same, reading back" },
        { text: "s3:AbortMultipartUpload", purpose: "the same, giving up" },
        { text: "s3:ListMultipartUploadParts", purpose: "the same, in parts" },
      ],
      resources: [{ text: `${bucket}/${files}`, purpose: "the workgroup's result location" }],
    },
    {
      sid: "QueryResultBucket",
      actions: [
        { text: "s3:GetBucketLocation", purpose: "Athena looks where the bucket is" },
        { text: "s3:ListBucket", purpose: "Athena looks what is there" },
        { text: "s3:ListBucketMultipartUploads", purpose: "Athena uploads in parts" },
      ],
      resources: [{ text: bucket, purpose: "the bucket of the result location" }],
    },
  ];
}
