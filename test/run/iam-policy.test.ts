import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { PanoramaError } from "../../src/errors.ts";
import { longestPolicy, planIamPolicy, type PolicyOptions } from "../../src/run/iam-policy.ts";
import { type PolicyDocument, policyDocument } from "../../src/run/iam-statement.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { settingsFile } from "../settings/settings-file.ts";

interface Planned {
  readonly policy: PolicyDocument;
  readonly notes: readonly string[];
}

async function plan(settings: string, options: PolicyOptions = {}): Promise<Planned> {
  await using file = await settingsFile(settings);
  const { statements, notes } = planIamPolicy(await readSettings(file.path, {}), options);
  return { policy: policyDocument(statements), notes };
}

/** A datasource with these tables. */
function shop(...tables: readonly string[]): string {
  return `datasources: [{type: openedx_sample, name: shop, tables: [${tables.join(", ")}]}]\n`;
}

const ifBucketEncrypts =
  "If the bucket encrypts with a KMS key of yours by itself, name the key in kms_key_id: it needs rights too.";

test("what today's Open edX installations need, tables in the catalog by prefix because AWS takes no more", async () => {
  const settings = await readSettings("test/settings/seed/panorama_openedx_settings_tutor.yaml", {});

  const { statements, notes } = planIamPolicy(settings, { account: "123456789012" });

  const golden = JSON.parse(await readFile("test/run/tutor-policy.json", "utf8")) as unknown;
  expect(policyDocument(statements)).toEqual(golden);
  expect(JSON.stringify(golden).length).toBeLessThan(longestPolicy);
  expect(notes).toEqual([
    "With each table's name the policy would be longer than the 6144 characters that AWS takes: openedx_raw_* and openedx_table_* stand for the tables.",
    "Views are created by queries, whose results workgroup panorama writes to a bucket that the settings do not name: --result-location s3://BUCKET/FOLDER/ adds the rights on it.",
    ifBucketEncrypts,
  ]);
});

test("a Parquet lake with a key of its own also moves and removes partitions", async () => {
  const settings = `datalake:
  type: aws
  panorama_raw_data_bucket: lake
  format: parquet
  aws_region: eu-west-1
  base_prefix: Shop
  datalake_database: Panorama
  datalake_workgroup: primary
  kms_key_id: 1234abcd-12ab-34cd-56ef-1234567890ab
  tags: {project: panorama}
${shop("{name: orders, datalake_table_name: Orders_Raw, partitions: {partition_fields: [shop]}}")}`;

  const { policy, notes } = await plan(settings, {
    account: "123456789012",
    resultLocation: "s3://results/athena/",
  });

  expect(policy).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "LakeFiles",
        Effect: "Allow",
        Action: [
          "s3:PutObject",
          "s3:GetObject",
          "s3:DeleteObject",
          "s3:AbortMultipartUpload",
          "s3:PutObjectTagging",
        ],
        Resource: ["arn:aws:s3:::lake/Shop/orders/*", "arn:aws:s3:::lake/Shop/_panorama/*"],
      },
      {
        Sid: "LakeListing",
        Effect: "Allow",
        Action: ["s3:ListBucket"],
        Resource: ["arn:aws:s3:::lake"],
        Condition: { StringLike: { "s3:prefix": ["Shop/orders/*", "Shop/_panorama/*"] } },
      },
      {
        Sid: "UnfinishedUploads",
        Effect: "Allow",
        Action: ["s3:ListBucketMultipartUploads"],
        Resource: ["arn:aws:s3:::lake"],
      },
      {
        Sid: "LakeKey",
        Effect: "Allow",
        Action: ["kms:GenerateDataKey", "kms:Decrypt"],
        Resource: ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
        Condition: { StringLike: { "kms:ViaService": ["s3.eu-west-1.amazonaws.com"] } },
      },
      {
        Sid: "CatalogTables",
        Effect: "Allow",
        Action: [
          "glue:GetDatabase",
          "glue:GetDatabases",
          "glue:GetTable",
          "glue:CreateTable",
          "glue:UpdateTable",
          "glue:DeleteTable",
          "glue:GetPartitions",
          "glue:BatchCreatePartition",
          "glue:BatchUpdatePartition",
          "glue:BatchDeletePartition",
        ],
        Resource: [
          "arn:aws:glue:eu-west-1:123456789012:catalog",
          "arn:aws:glue:eu-west-1:123456789012:database/panorama",
          "arn:aws:glue:eu-west-1:123456789012:table/panorama/orders_raw",
          "arn:aws:glue:eu-west-1:123456789012:table/panorama/shop_table_orders",
        ],
      },
      {
        Sid: "AthenaViews",
        Effect: "Allow",
        Action: ["athena:StartQueryExecution", "athena:GetQueryExecution"],
        Resource: ["arn:aws:athena:eu-west-1:123456789012:workgroup/primary"],
      },
      {
        Sid: "QueryResults",
        Effect: "Allow",
        Action: ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        Resource: ["arn:aws:s3:::results/athena/*"],
      },
      {
        Sid: "QueryResultBucket",
        Effect: "Allow",
        Action: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        Resource: ["arn:aws:s3:::results"],
      },
    ],
  });
  expect(notes).toEqual([]);
});

test("a lake that only uploads needs nothing but S3", async () => {
  const settings = `datalake:
  type: aws
  panorama_raw_data_bucket: lake
  datalake_workgroup: primary
  tags: {project: panorama}
  base_partitions: [{name: site, value: a/b}]
${shop("{name: orders}")}`;

  const { policy, notes } = await plan(settings);

  expect(policy.Statement).toEqual([
    {
      Sid: "LakeFiles",
      Effect: "Allow",
      Action: [
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:PutObjectTagging",
      ],
      Resource: [
        "arn:aws:s3:::lake/orders/site=a%2Fb/*",
        "arn:aws:s3:::lake/_panorama/site=a%2Fb/*",
        "arn:aws:s3:::lake/_panorama/probe-*",
      ],
    },
    {
      Sid: "LakeNeighbours",
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: ["arn:aws:s3:::lake/_panorama/*"],
    },
    {
      Sid: "LakeListing",
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: ["arn:aws:s3:::lake"],
      Condition: {
        StringLike: {
          "s3:prefix": ["orders/site=a%2Fb/*", "_panorama/*"],
        },
      },
    },
    {
      Sid: "UnfinishedUploads",
      Effect: "Allow",
      Action: ["s3:ListBucketMultipartUploads"],
      Resource: ["arn:aws:s3:::lake"],
    },
  ]);
  expect(notes).toEqual([
    "Without datalake_database and datalake_workgroup files are uploaded and no catalog is kept: S3 is all that is needed.",
    ifBucketEncrypts,
  ]);
});

test.each([
  ["{type: local, path: lake}", "The lake is in a folder (type: local): nothing is asked of AWS"],
  [
    "{type: s3, panorama_raw_data_bucket: lake, endpoint_url: 'http://127.0.0.1:9000'}",
    "The lake is at endpoint_url and not at AWS (type: s3): that server has its own way to give rights",
  ],
])("there is no policy for %s", async (lake, message) => {
  await expect(plan(`datalake: ${lake}\n${shop()}`)).rejects.toMatchObject({
    code: "USAGE",
    message,
  } satisfies Partial<PanoramaError>);
});

test("a bucket of AWS without AWS's catalog has a policy", async () => {
  const { policy } = await plan(
    `datalake: {type: s3, panorama_raw_data_bucket: lake}\n${shop("{name: orders}")}`,
  );

  expect(policy.Statement.map(({ Sid }) => Sid)).toEqual(["LakeFiles", "LakeListing", "UnfinishedUploads"]);
});

test.each([
  [
    "alias/lake",
    "arn:aws:kms:eu-west-1:*:key/*",
    { "ForAnyValue:StringEquals": { "kms:ResourceAliases": ["alias/lake"] } },
  ],
  ["arn:aws:kms:us-east-1:210987654321:key/mrk-1", "arn:aws:kms:us-east-1:210987654321:key/mrk-1", {}],
  [
    "arn:aws:kms:us-east-1:210987654321:alias/lake",
    "arn:aws:kms:us-east-1:210987654321:key/*",
    { "ForAnyValue:StringEquals": { "kms:ResourceAliases": ["alias/lake"] } },
  ],
])("the key %s is meant by %s", async (key, resource, condition) => {
  const lake = `{type: aws, panorama_raw_data_bucket: lake, aws_region: eu-west-1, kms_key_id: '${key}'}`;

  const { policy } = await plan(`datalake: ${lake}\n${shop("{name: orders}")}`);

  const statement = policy.Statement.find(({ Sid }) => Sid === "LakeKey");
  expect(statement?.Resource).toEqual([resource]);
  expect(statement?.Condition).toMatchObject(condition);
});

test("the key that AWS keeps for S3 needs no rights", async () => {
  const { policy } = await plan(
    `datalake: {type: aws, panorama_raw_data_bucket: lake, sse: kms}\n${shop("{name: orders}")}`,
  );

  expect(policy.Statement.map(({ Sid }) => Sid)).not.toContain("LakeKey");
});

test.each([
  ["cn-north-1", "arn:aws-cn:s3:::lake"],
  ["us-gov-west-1", "arn:aws-us-gov:s3:::lake"],
])("in %s a bucket is %s", async (region, bucket) => {
  const { policy } = await plan(
    `datalake: {type: aws, panorama_raw_data_bucket: lake, aws_region: ${region}}\n${shop("{name: orders}")}`,
  );

  expect(policy.Statement.find(({ Sid }) => Sid === "LakeListing")?.Resource).toEqual([bucket]);
});

test("a character that means something in a policy means itself in a name", async () => {
  const { policy } = await plan(
    `datalake: {type: aws, panorama_raw_data_bucket: lake}\n${shop("{name: 'a*b?$c'}")}`,
  );

  expect(policy.Statement[0]?.Resource).toContain("arn:aws:s3:::lake/a${*}b${?}${$}c/*");
});

test("so many tables that no list of folders fits share the folder that they are in", async () => {
  const tables = Array.from({ length: 200 }, (_, index) => `{name: some_table_${index}}`);
  const lake = "type: aws, panorama_raw_data_bucket: lake, datalake_database: d, datalake_workgroup: w";

  const inFolder = await plan(`datalake: {${lake}, base_prefix: shop}\n${shop(...tables)}`);
  const atRoot = await plan(`datalake: {${lake}}\n${shop(...tables)}`);

  expect(inFolder.policy.Statement[0]?.Resource).toEqual(["arn:aws:s3:::lake/shop/*"]);
  expect(inFolder.notes[0]).toContain(
    "shop_raw_* and shop_table_* and the folder shop/* stand for the tables",
  );
  expect(atRoot.policy.Statement[0]?.Resource).toHaveLength(201);
  expect(atRoot.notes[0]).toMatch(/^The policy has \d+ characters .* split its statements over several\.$/);
});

test("a role to assume is who the policy is for", async () => {
  const role = "arn:aws:iam::123456789012:role/panorama";

  const { notes } = await plan(
    `datalake: {type: aws, panorama_raw_data_bucket: lake, role_arn: '${role}'}\n${shop()}`,
  );

  expect(notes).toContain(
    `The policy is for the role ${role}. Who assumes it needs sts:AssumeRole on it, and the role has to trust them.`,
  );
  expect(notes).toContain(
    "The settings list no tables, so that none can be written: `panorama set-tables` fills them in.",
  );
});

test("views that come with the program are allowed by prefix, and those of one's own have to be named", async () => {
  const lake = `datalake: {type: aws, panorama_raw_data_bucket: lake, aws_region: eu-west-1, base_prefix: Shop,
  datalake_database: panorama, datalake_workgroup: primary}
`;
  const resourcesOf = ({ policy }: Planned): readonly unknown[] =>
    policy.Statement.filter(({ Sid }) => Sid === "CatalogTables").flatMap(({ Resource }) => Resource);

  const without = await plan(lake + shop("{name: orders}"));
  const all = await plan(`views: [openedx, .]\n${lake}${shop("{name: orders}")}`);

  expect(resourcesOf(all).filter((each) => !resourcesOf(without).includes(each))).toEqual([
    "arn:aws:glue:eu-west-1:*:table/panorama/shop_view_*",
  ]);
  expect(all.notes.filter((note) => !without.notes.includes(note))).toEqual([
    expect.stringContaining("Views of one's own are called as their files"),
  ]);
});
