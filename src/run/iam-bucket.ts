import { sharedSystemFolder, systemFolder, tableFolder, type LakePlace } from "../stores/lake-path.ts";
import {
  type AwsLake,
  bucketArn,
  escapeArn,
  type PolicyCondition,
  type PolicyLine,
  type PolicyScope,
  type PolicyStatement,
} from "./iam-statement.ts";

/** Beginnings of keys, each with what it is the beginning of. */
interface LakeFolders {
  /** Written, read and removed. */
  readonly own: readonly PolicyLine[];
  /** Read only. */
  readonly shared: readonly PolicyLine[];
}

/** The rights on the bucket and on the key that its files are encrypted with. */
export function planBucketStatements(scope: PolicyScope): readonly PolicyStatement[] {
  const folders = planFolders(scope);
  const bucket = bucketArn(scope, scope.lake.bucket);
  const objects = (lines: readonly PolicyLine[]): readonly PolicyLine[] =>
    lines.map(({ text, purpose }) => ({ text: `${bucket}/${escapeArn(text)}*`, purpose }));
  return [
    { sid: "LakeFiles", actions: fileActions(scope.lake), resources: objects(folders.own) },
    ...(folders.shared.length === 0
      ? []
      : [
          {
            sid: "LakeNeighbours",
            actions: [
              {
                text: "s3:GetObject",
                purpose: "show tables of several installations as one, and see their runs",
              },
            ],
            resources: objects(folders.shared),
          },
        ]),
    {
      sid: "LakeListing",
      actions: [
        {
          text: "s3:ListBucket",
          purpose: "find files that nobody needs any more, and tell a missing file from a forbidden one",
        },
      ],
      resources: [{ text: bucket, purpose: "the bucket, and of it only the folders of the condition" }],
      condition: { StringLike: { "s3:prefix": listedPrefixes(folders) } },
    },
    {
      sid: "UnfinishedUploads",
      actions: [
        { text: "s3:ListBucketMultipartUploads", purpose: "find uploads that a run left unfinished" },
      ],
      resources: [{ text: bucket, purpose: "the bucket: AWS cannot limit this to a folder" }],
    },
    ...planKeyStatements(scope),
  ];
}

function fileActions({ type, format, objects }: AwsLake): readonly PolicyLine[] {
  const tagged = Object.keys(objects.tags).length > 0;
  const reads = [
    "read what is known of tables",
    ...(format === "csv" ? ["move CSV files into place"] : []),
    type === "s3" ? "answer queries" : "explain rows",
  ];
  return [
    { text: "s3:PutObject", purpose: "write tables, and what is known of them" },
    { text: "s3:GetObject", purpose: reads.join(", ") },
    { text: "s3:DeleteObject", purpose: "remove files that were replaced, or left behind by a crash" },
    { text: "s3:AbortMultipartUpload", purpose: "give up an upload that failed" },
    ...(tagged ? [{ text: "s3:PutObjectTagging", purpose: "tag the files as the settings say" }] : []),
  ];
}

function planFolders({ lake, settings, folderByPrefix }: PolicyScope): LakeFolders {
  const place: LakePlace = {
    basePrefix: lake.basePrefix,
    basePartition: lake.basePartitions.map(({ name, value }) => ({ column: name, value })),
  };
  if (folderByPrefix && lake.basePrefix !== undefined) {
    return { own: [{ text: `${lake.basePrefix}/`, purpose: "everything below base_prefix" }], shared: [] };
  }
  const tables = settings.datasources.flatMap((datasource) => datasource.tables);
  const own = [
    ...tables.map(({ name }) => ({ text: tableFolder(place, name), purpose: `files of ${name}` })),
    { text: systemFolder(place), purpose: "what is known of tables and runs" },
  ];
  const shared = sharedSystemFolder(lake.basePrefix);
  if (shared === systemFolder(place)) return { own, shared: [] };
  return {
    own: [...own, { text: `${shared}probe-`, purpose: "files that try whether the bucket can be written" }],
    shared: [{ text: shared, purpose: "what is known of all installations below base_prefix" }],
  };
}

/** One that begins with another one is listed with it. */
function listedPrefixes({ own, shared }: LakeFolders): readonly string[] {
  const prefixes = [...own, ...shared].map(({ text }) => text);
  return prefixes
    .filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)))
    .map((prefix) => `${escapeArn(prefix)}*`);
}

function planKeyStatements(scope: PolicyScope): readonly PolicyStatement[] {
  const { encryption } = scope.lake.objects;
  // The key that AWS keeps for S3 lets in whoever may use the bucket.
  if (encryption?.kind !== "kms" || encryption.keyId === undefined) return [];
  const { arn, condition } = keyResource(scope, encryption.keyId);
  return [
    {
      sid: "LakeKey",
      actions: [
        { text: "kms:GenerateDataKey", purpose: "encrypt files" },
        { text: "kms:Decrypt", purpose: "read files, and upload them in parts" },
      ],
      resources: [{ text: arn, purpose: "the key of kms_key_id, by way of S3 only" }],
      condition,
    },
  ];
}

function keyResource(
  { partition, region, account }: PolicyScope,
  keyId: string,
): { readonly arn: string; readonly condition: PolicyCondition } {
  const [, keyRegion = region, keyAccount = account, name = keyId] =
    /^arn:[^:]*:kms:([^:]*):([^:]*):(.*)$/.exec(keyId) ?? [];
  const keys = `arn:${partition}:kms:${keyRegion}:${keyAccount}:key`;
  const suffix = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  const viaS3 = { StringLike: { "kms:ViaService": [`s3.${keyRegion}.${suffix}`] } };
  // IAM knows keys by their ids only; an alias is a condition.
  if (name.startsWith("alias/")) {
    const ofAlias = { "ForAnyValue:StringEquals": { "kms:ResourceAliases": [name] } };
    return { arn: `${keys}/*`, condition: { ...viaS3, ...ofAlias } };
  }
  return { arn: `${keys}/${name.replace(/^key\//, "")}`, condition: viaS3 };
}
