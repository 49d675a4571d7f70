import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, inject, test } from "vitest";
import { removeObjects } from "./empty-bucket.ts";
import type { FoundS3Server, S3Address } from "./s3-address.ts";

export interface TestS3Server extends S3Address {
  /** A fresh, empty bucket, removed with all that is in it when disposed of. */
  bucket(): Promise<TestBucket>;
}

export interface TestBucket extends AsyncDisposable {
  readonly name: string;
  /** What a store needs to open it. */
  readonly storeOptions: {
    readonly bucket: string;
    readonly region: string;
    readonly endpointUrl: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** To see what the store has done. */
  readonly client: S3Client;
}

// As the product does.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const found = await askForServer();
let bucketCount = 0;

/**
 * Runs the suite on an S3 server. Where none can be had, its tests are skipped, and the run says why; under CI=true
 * they fail.
 */
export function describeOnS3(name: string, suite: (server: TestS3Server) => void): void {
  describe(name, () => {
    if ("address" in found) {
      suite({ ...found.address, bucket: () => makeBucket(found.address) });
    } else {
      test("there is an S3 server to test with", ({ skip }) => {
        if (!["", "0", "false"].includes(process.env["CI"] ?? "")) expect.fail(found.missing);
        skip(found.missing.split("\n")[0]);
      });
    }
  });
}

async function askForServer(): Promise<FoundS3Server> {
  const [response] = (await once(get(inject("s3ServerUrl")), "response")) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as FoundS3Server;
}

async function makeBucket(address: S3Address): Promise<TestBucket> {
  const { endpointUrl, region, accessKeyId, secretAccessKey } = address;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint: endpointUrl, region, credentials, forcePathStyle: true });
  bucketCount += 1;
  const name = `panorama-test-${process.pid}-${Date.now().toString(36)}-${bucketCount}`;
  await client.send(new CreateBucketCommand({ Bucket: name }));
  return {
    name,
    storeOptions: { bucket: name, region, endpointUrl, credentials },
    client,
    async [Symbol.asyncDispose]() {
      await removeUploads(client, name);
      await removeObjects(client, name);
      await client.send(new DeleteBucketCommand({ Bucket: name }));
      client.destroy();
    },
  };
}

async function removeUploads(client: S3Client, bucket: string): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  for (const { Key, UploadId } of Uploads) {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
  }
}
