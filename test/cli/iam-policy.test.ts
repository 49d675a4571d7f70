import { expect, test } from "vitest";
import { settingsFile } from "../settings/settings-file.ts";
import { run } from "./command-line.ts";

const settings = `datalake:
  type: aws
  panorama_raw_data_bucket: lake
  base_prefix: shop
  aws_access_key: AKIAEXAMPLE
  aws_secret_access_key: s3cret
  aws_region: us-east-1
  datalake_database: panorama
  datalake_workgroup: primary
datasources: [{type: openedx_sample, name: shop, tables: [{name: orders}]}]
`;

test("a policy on standard output is nothing but JSON, with what else is needed beside it", async () => {
  await using file = await settingsFile(settings);

  const { exitCode, stdout, stderr } = await run(["--settings", file.path, "iam-policy"]);

  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    Version: "2012-10-17",
    Statement: [{ Sid: "LakeFiles" }, {}, {}, {}, {}],
  });
  expect(stderr).toContain("--result-location s3://BUCKET/FOLDER/");
  expect(stdout + stderr).not.toMatch(/s3cret|AKIA/);
});

test("each line of the policy is explained", async () => {
  await using file = await settingsFile(settings);
  const flags = ["--account", "123456789012", "--result-location", "s3://results", "--explain"];

  const { exitCode, stdout, stderr } = await run(["--settings", file.path, "iam-policy", ...flags]);

  expect(exitCode).toBe(0);
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining([
      "AthenaViews",
      "  may  athena:StartQueryExecution                               create views, which only a query can",
      "  may  athena:GetQueryExecution                                 wait for them, and tell why one failed",
      "  on   arn:aws:athena:us-east-1:123456789012:workgroup/primary  the workgroup",
      "  if   s3:prefix shop/orders/*",
      "  on   arn:aws:s3:::results/*       the workgroup's result location",
    ]),
  );
  expect(stderr).not.toContain("--result-location");
});

test.each([
  [["--account", "panorama"], "✗ --account needs the twelve digits of an AWS account (USAGE)"],
  [
    ["--result-location", "results"],
    "✗ --result-location needs an address such as s3://bucket/folder/ (USAGE)",
  ],
])("%j exits with 2", async (flags, message) => {
  await using file = await settingsFile(settings);

  const { exitCode, stdout, stderr } = await run(["--settings", file.path, "iam-policy", ...flags]);

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("a lake that is not at AWS exits with 2 and a sentence", async () => {
  await using file = await settingsFile(
    "datalake: {type: s3, panorama_raw_data_bucket: lake, endpoint_url: 'http://127.0.0.1:9000'}\n" +
      "datasources: [{type: openedx_sample, name: shop}]\n",
  );

  const { exitCode, stdout, stderr } = await run(["--settings", file.path, "iam-policy"]);

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain("✗ The lake is at endpoint_url and not at AWS (type: s3)");
});
