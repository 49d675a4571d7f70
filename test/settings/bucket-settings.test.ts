import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { problemsOf, settingsFile } from "./settings-file.ts";

const sources = "datasources: [{type: openedx_sample, name: sample}]\n";

async function readLake(lake: string): Promise<Settings["datalake"]> {
  await using file = await settingsFile(`datalake: {panorama_raw_data_bucket: b, ${lake}}\n${sources}`);
  return (await readSettings(file.path, {})).datalake;
}

test("a bucket needs nothing but its name: AWS itself, its credential chain, its ways to store", async () => {
  expect(await readLake("type: aws")).toEqual({
    type: "aws",
    bucket: "b",
    region: undefined,
    endpointUrl: undefined,
    pathStyle: false,
    credentials: undefined,
    profile: undefined,
    role: undefined,
    objects: { encryption: undefined, storageClass: undefined, tags: {} },
    catalog: "auto",
    workgroup: undefined,
    basePrefix: undefined,
    database: undefined,
    basePartitions: [],
    format: "csv",
    retentionHours: 24,
    checkFiles: "sample",
  });
});

test("every setting of a bucket", async () => {
  await using file = await settingsFile(`datalake:
  type: aws
  panorama_raw_data_bucket: b
  aws_region: eu-west-1
  aws_profile: loader
  role_arn: arn:aws:iam::123456789012:role/lake/panorama-elt
  external_id: school-7
  sse: KMS
  kms_key_id: arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
  storage_class: INTELLIGENT_TIERING
  catalog: manual
  tags:
    project: panorama
    cost centre: 0042
    version: 1.10
    empty:
${sources}`);

  expect((await readSettings(file.path, {})).datalake).toMatchObject({
    region: "eu-west-1",
    pathStyle: false,
    profile: "loader",
    role: { arn: "arn:aws:iam::123456789012:role/lake/panorama-elt", externalId: "school-7" },
    objects: {
      encryption: {
        kind: "kms",
        keyId: "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
      },
      storageClass: "INTELLIGENT_TIERING",
      tags: { project: "panorama", "cost centre": "0042", version: "1.10", empty: "" },
    },
    catalog: "manual",
  });
});

test.each([
  ["sse: s3", { kind: "s3" }],
  ["sse: none", undefined],
  ["sse: kms", { kind: "kms", keyId: undefined }],
  ["kms_key_id: alias/lake", { kind: "kms", keyId: "alias/lake" }],
  ["kms_key_id: 1234abcd-12ab-34cd-56ef-1234567890ab, sse: kms", { kind: "kms" }],
])("encryption by %s", async (lake, encryption) => {
  const { objects } = (await readLake(`type: s3, ${lake}`)) as Extract<Settings["datalake"], { type: "s3" }>;

  if (encryption === undefined) expect(objects.encryption).toBeUndefined();
  else expect(objects.encryption).toMatchObject(encryption);
});

test("another server than AWS's is addressed by paths, and its catalog lies beside the settings file", async () => {
  await using file = await settingsFile(`datalake:
  type: s3
  panorama_raw_data_bucket: lake
  endpoint_url: http://127.0.0.1:34006
  aws_access_key: key
  aws_secret_access_key: secret
${sources}`);

  expect((await readSettings(file.path, {})).datalake).toMatchObject({
    endpointUrl: "http://127.0.0.1:34006",
    pathStyle: true,
    catalogPath: join(file.folder, "panorama.duckdb"),
  });
});

describe("what is wrong with a bucket", () => {
  test.each([
    [
      "role_arn: 'arn:aws:iam::1234:role/panorama'",
      "role_arn: must be a role's ARN such as arn:aws:iam::123456789012:role/panorama",
    ],
    ["role_arn: panorama", "role_arn: must be a role's ARN such as arn:aws:iam::123456789012:role/panorama"],
    [
      "role_arn: 'arn:aws:iam::123456789012:user/panorama'",
      "role_arn: must be a role's ARN such as arn:aws:iam::123456789012:role/panorama",
    ],
    ["external_id: school", "external_id: role_arn is missing"],
    [
      "role_arn: 'arn:aws-cn:iam::123456789012:role/a', external_id: 'a b'",
      "external_id: must be 2 to 1224 characters without spaces",
    ],
    ["storage_class: STANDARD_IO", 'storage_class: unknown word "STANDARD_IO"; did you mean "standard_ia"?'],
    [
      "storage_class: deep_archive",
      'storage_class: unknown word "deep_archive"; known are standard, standard_ia, onezone_ia, intelligent_tiering, glacier_ir, reduced_redundancy',
    ],
    ["sse: aes", 'sse: unknown word "aes"; known are s3, kms, none'],
    ["sse: s3, kms_key_id: alias/a", "sse: kms_key_id is given, which needs sse: kms"],
    ["kms_key_id: 'arn:aws:s3:::bucket'", "kms_key_id: must be a KMS key's id, alias/name or ARN"],
    ["catalog: automatic", 'catalog: unknown word "automatic"; known are auto, manual'],
    [
      "aws_profile: a, aws_access_key: k, aws_secret_access_key: s",
      "aws_profile: an access key is given too; keep one of the two",
    ],
    ["tags: [a]", "tags: must be a mapping with keys such as project"],
    ["tags: {a: [b]}", "tags.a: must be text"],
    ["tags: {'aws:a': b}", "tags.(unreadable key): names that begin with aws: are AWS's own"],
    ["tags: {a: 'b?'}", "tags.a: may hold letters, digits, spaces and + - = . _ : / @"],
    [`tags: {a: ${"b".repeat(257)}}`, "tags.a: a tag's value has up to 256 characters"],
    [`tags: {${"a".repeat(129)}: b}`, "tags.(unreadable key): a tag's name has 1 to 128 characters"],
    [
      "tags: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10, k: 11}",
      "tags: 11 tags; S3 takes 10",
    ],
  ])("%s", async (lake, problem) => {
    const content = `datalake: {type: aws, panorama_raw_data_bucket: b, ${lake}}\n${sources}`;

    expect(await problemsOf(content)).toEqual([`1: datalake.${problem}`]);
  });

  test("each problem has its own line, and no message holds a value", async () => {
    expect(
      await problemsOf(`datalake:
  type: aws
  panorama_raw_data_bucket: b
  role_arn: s3cret
  kms_key_id: s3 cret
  catalog_path: s3cret
  tags:
    project: panorama
    team: s3cret!
    owner: {name: s3cret}
${sources}`),
    ).toEqual([
      "4: datalake.role_arn: must be a role's ARN such as arn:aws:iam::123456789012:role/panorama",
      "5: datalake.kms_key_id: must be a KMS key's id, alias/name or ARN",
      "6: datalake.catalog_path: unknown setting here; it belongs to type s3, and this is type aws",
      "9: datalake.tags.team: may hold letters, digits, spaces and + - = . _ : / @",
      "10: datalake.tags.owner: must be text",
    ]);
  });

  test("a lake in a folder has no tags", async () => {
    expect(await problemsOf(`datalake: {type: local, path: x, tags: {a: b}}\n${sources}`)).toEqual([
      "1: datalake.tags: unknown setting here; it belongs to type s3, and this is type local",
    ]);
  });
});
