import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { planIamPolicy } from "../../src/run/iam-policy.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { settingsFile } from "../settings/settings-file.ts";

/** What AWS asks for with a call, where it is not the call's own name. */
const rights: Readonly<Record<string, readonly string[]>> = {
  HeadObject: ["s3:GetObject"],
  CopyObject: ["s3:GetObject", "s3:PutObject"],
  UploadPart: ["s3:PutObject"],
  UploadPartCopy: ["s3:GetObject", "s3:PutObject"],
  CreateMultipartUpload: ["s3:PutObject"],
  CompleteMultipartUpload: ["s3:PutObject"],
  DeleteObjects: ["s3:DeleteObject"],
  HeadBucket: ["s3:ListBucket"],
  ListObjectsV2: ["s3:ListBucket"],
  ListMultipartUploads: ["s3:ListBucketMultipartUploads"],
  ListParts: ["s3:ListMultipartUploadParts"],
};

/** What Athena asks for by itself when it creates a view. */
const askedByAthena = [
  "glue:GetDatabase",
  "glue:GetDatabases",
  "glue:GetTable",
  "glue:CreateTable",
  "glue:UpdateTable",
];

function rightsOfCalls(folder: string, call: RegExp, library: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => [...readFileSync(`${folder}/${name}`, "utf8").matchAll(call)])
    .map(([, name = ""]) => name.charAt(0).toUpperCase() + name.slice(1));
  return names.flatMap((name) => rights[name] ?? [`${library}:${name}`]);
}

async function plannedRights(format: "csv" | "parquet"): Promise<readonly string[]> {
  await using file = await settingsFile(`datalake:
  type: aws
  panorama_raw_data_bucket: lake
  format: ${format}
  datalake_database: panorama
  datalake_workgroup: primary
datasources: [{type: openedx_sample, name: shop, tables: [{name: orders, partitions: {partition_fields: [shop]}}]}]
`);
  const { statements } = planIamPolicy(await readSettings(file.path, {}));
  return statements.flatMap(({ actions }) => actions.map(({ text }) => text));
}

test.each(["csv", "parquet"] as const)(
  "for %s, the policy allows the calls that the program makes, and no other",
  async (format) => {
    const calls = [
      ...rightsOfCalls("src/stores/s3", /new (\w+)Command\(/g, "s3"),
      ...rightsOfCalls("src/catalogs/athena", /\bapi\.([a-z]\w+)\(/g, "glue"),
      ...rightsOfCalls("src/catalogs/athena", /\bathena\.([a-z]\w+)\(/g, "athena"),
    ];
    const planned = await plannedRights(format);

    expect(calls.filter((right) => !planned.includes(right))).toEqual([]);
    expect(planned.filter((right) => !calls.includes(right) && !askedByAthena.includes(right))).toEqual([]);
  },
);
