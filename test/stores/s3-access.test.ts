import { PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { afterEach, expect, test } from "vitest";
import { PanoramaError } from "../../src/errors.ts";
import { openS3Store } from "../../src/stores/s3/s3-store.ts";
import { type Fault, openFaultyProxy } from "../services/faulty-proxy.ts";
import { describeOnS3, type TestBucket } from "../services/s3-server.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const variables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_CONFIG_FILE",
];
const moreVariables = ["AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED", "AWS_REGION"];
const environment = Object.fromEntries(
  [...variables, ...moreVariables].map((name) => [name, process.env[name]]),
);

afterEach(() => {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

describeOnS3("A bucket and who may use it", (server) => {
  test("is opened with the key in the environment, or in the profile that is named", async () => {
    await using bucket = await server.bucket();
    await using folder = await temporaryFolder();
    const { credentials, ...place } = bucket.storeOptions;
    const file = join(folder.path, "credentials");
    await writeFile(
      file,
      `[lake]\naws_access_key_id=${credentials.accessKeyId}\naws_secret_access_key=${credentials.secretAccessKey}\n`,
    );
    process.env["AWS_SHARED_CREDENTIALS_FILE"] = file;
    process.env["AWS_CONFIG_FILE"] = file;
    const byProfile = await openS3Store({ ...place, awsProfile: "lake" });

    await byProfile.put("a", Buffer.from("1"));

    process.env["AWS_ACCESS_KEY_ID"] = credentials.accessKeyId;
    process.env["AWS_SECRET_ACCESS_KEY"] = credentials.secretAccessKey;
    const byEnvironment = await openS3Store(place);
    expect(await byEnvironment.get("a")).toBeDefined();
  });

  test.runIf(server.extras)("is opened with a role that the key may assume", async () => {
    await using bucket = await server.bucket();
    const { guest, roleArn } = extrasOf(server.extras);
    const options = { ...bucket.storeOptions, credentials: guest };
    const without = await openS3Store(options);
    const store = await openS3Store({ ...options, roleArn });

    await expect(without.put("a", Buffer.from("1"))).rejects.toMatchObject({ code: "STORE_DENIED" });
    await store.put("a", Buffer.from("1"), { ifVersion: null });

    expect(await store.get("a")).toBeDefined();
  });

  test("says that there is no key anywhere", async () => {
    await using bucket = await server.bucket();
    const { region, endpointUrl } = bucket.storeOptions;
    for (const name of ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"]) process.env[name] = "/nowhere";
    process.env["AWS_EC2_METADATA_DISABLED"] = "true";

    const store = await openS3Store({ bucket: bucket.name, region, endpointUrl });

    await expect(store.put("a", Buffer.from("1"))).rejects.toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining(
        `Cannot write s3://${bucket.name}/a: there are no AWS credentials`,
      ) as string,
    });
  });

  test.each([
    ["an access key that nobody has", { accessKeyId: "NOBODY" }],
    ["a wrong secret", { secretAccessKey: "wrong-secret" }],
  ])("refuses %s, and repeats neither half of it", async (_name, wrong) => {
    await using bucket = await server.bucket();
    const credentials = { ...bucket.storeOptions.credentials, ...wrong };
    const store = await openS3Store({ ...bucket.storeOptions, credentials });

    const error = await failureOf(store.put("a", Buffer.from("1")));

    expect(error.code).toBe("STORE_DENIED");
    const told = `${error.stack} ${(error.cause as Error).stack}`;
    for (const secret of Object.values(credentials)) expect(told).not.toContain(secret);
  });

  test("tells a bucket that does not exist, and a server that is not there", async () => {
    await using bucket = await server.bucket();
    const patience = { attempts: 2 };
    const missing = await openS3Store({ ...bucket.storeOptions, bucket: "never-made" });
    const nowhere = await openS3Store({
      ...bucket.storeOptions,
      endpointUrl: "http://127.0.0.1:1",
      patience,
    });

    await expect(missing.get("a")).rejects.toMatchObject({
      code: "STORE_UNREACHABLE",
      message: `Cannot read s3://never-made/a: there is no bucket never-made at ${server.endpointUrl}`,
    });
    await expect(nowhere.get("a")).rejects.toMatchObject({
      code: "STORE_UNREACHABLE",
      message: `Cannot read s3://${bucket.name}/a: http://127.0.0.1:1 does not answer (ECONNREFUSED)`,
    });
  });

  test.each<[status: number, code: string, more: string, sentence: RegExp]>([
    [400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>", /is in region eu-west-1, not at/],
    [301, "PermanentRedirect", "", /is in another region, not at/],
    [403, "RequestTimeTooSkewed", "", /this machine's clock is wrong/],
    [403, "InvalidAccessKeyId", "<AWSAccessKeyId>OWNER</AWSAccessKeyId>", /does not know the access key/],
    [403, "SignatureDoesNotMatch", "", /the secret access key does not belong to the access key/],
  ])("tells what %i %s means", async (status, code, more, sentence) => {
    await using bucket = await server.bucket();
    await using proxy = await openFaultyProxy(server.endpointUrl);
    const store = await openS3Store({ ...bucket.storeOptions, endpointUrl: proxy.url });
    const fault: Fault = { kind: "answer", status, code, more };
    proxy.fail(() => fault);

    const error = await failureOf(store.put("a", Buffer.from("1")));

    expect(error.message).toMatch(sentence);
    expect(error.code).toBe(status === 403 ? "STORE_DENIED" : "STORE_UNREACHABLE");
    expect(`${error.stack} ${(error.cause as Error).stack}`).not.toContain("OWNER");
  });

  test("names the right to encrypt that AWS says is missing, and keeps AWS's words to itself", async () => {
    await using bucket = await server.bucket();
    await using proxy = await openFaultyProxy(server.endpointUrl);
    const store = await openS3Store({ ...bucket.storeOptions, endpointUrl: proxy.url });
    const message =
      "User: arn:aws:iam::12345:user/ann is not authorized to perform: kms:GenerateDataKey on k";
    proxy.fail(() => ({ kind: "answer", status: 403, code: "AccessDenied", message }));

    const error = await failureOf(store.put("t/email=ann%40example.com/x", Buffer.from("1")));

    expect(error.message).toBe(
      `Cannot write s3://${bucket.name}/t/email=…/x: these credentials lack kms:GenerateDataKey`,
    );
    expect(`${error.stack} ${(error.cause as Error).stack}`).not.toContain("12345");
  });

  test.runIf(server.extras)("is checked right by right, below the lake's own prefix", async () => {
    await using bucket = await server.bucket();
    const { guest } = extrasOf(server.extras);
    const options = { ...bucket.storeOptions, credentials: guest, basePrefix: "openedx" };
    const store = await openS3Store(options);
    const probe = /s3:\/\/[\w-]+\/openedx\/_panorama\/probe-[0-9a-f]{16}/.source;

    const nothing = await store.check();
    await allow(bucket, ["s3:PutObject", "s3:GetObject"]);
    const some = await store.check();
    await allow(bucket, ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"]);
    const all = await store.check();

    expect(nothing).toMatchObject({ subject: `s3://${bucket.name}/`, ok: false });
    expect(nothing.detail).toMatch(
      new RegExp(
        `^put: Cannot write ${probe}: these credentials lack s3:PutObject\\. .* \\(STORE_DENIED\\)$`,
      ),
    );
    expect(some.ok).toBe(false);
    expect(some.detail).toMatch(
      /^put: works; get: works; list: .* lack s3:ListBucket\. .*; delete: .* lack s3:DeleteObject\./,
    );
    expect(all).toMatchObject({
      ok: true,
      detail: "put: works; get: works; list: works; delete: works; conditional put: works",
    });
  });

  test.runIf(server.extras)("does without the right to see unfinished uploads", async () => {
    await using bucket = await server.bucket();
    const { guest } = extrasOf(server.extras);
    const store = await openS3Store({ ...bucket.storeOptions, credentials: guest });

    expect(await store.removeUnfinished?.("t/")).toEqual([]);
  });
});

function extrasOf<T>(extras: T | undefined): T {
  if (extras === undefined) throw new Error("this server was not started here");
  return extras;
}

async function failureOf(work: Promise<unknown>): Promise<PanoramaError> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(PanoramaError);
  return error as PanoramaError;
}

/** To the guest, of this bucket and all that is in it. */
async function allow({ client, name }: TestBucket, rights: readonly string[]): Promise<void> {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: ["arn:aws:iam:::user/guest"] },
    Action: rights,
    Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
  };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await client.send(new PutBucketPolicyCommand({ Bucket: name, Policy: policy }));
}
