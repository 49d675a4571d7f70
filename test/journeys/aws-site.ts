import { Readable } from "node:stream";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { type AwsFront, openAwsFront } from "../catalogs/aws-front.ts";
import type { TestMotoServer } from "../services/moto-server.ts";
import type { TestBucket, TestS3Server } from "../services/s3-server.ts";
import { text } from "node:stream/consumers";
import type { Ended, Running } from "./program.ts";
import { startPanorama } from "./program.ts";
import { openSite, type Site } from "./site.ts";

/** An operator's folder whose lake is a bucket, with a database and a workgroup of Athena. */
export interface AwsSite extends AsyncDisposable {
  readonly site: Site;
  readonly bucket: TestBucket;
  /** The Glue database, and the workgroup of the same name. */
  readonly database: string;
  /** Between the program and Glue and Athena. */
  readonly front: AwsFront;
  /** The `datalake` section. */
  readonly datalake: Readonly<Record<string, unknown>>;
  /** What the program is started with, to find servers that are not AWS's. */
  readonly env: Readonly<Record<string, string>>;
  run(...args: readonly string[]): Promise<Ended>;
  /** With `--log-format json`, while it runs. */
  start(...args: readonly string[]): Running;
  /** Keys of the bucket, in order, without what the lake keeps for itself. */
  keys(): Promise<readonly string[]>;
  /** The text of an object. */
  read(key: string): Promise<string>;
}

export interface AwsWorld {
  readonly s3: TestS3Server;
  readonly moto: TestMotoServer;
  /** In place of the bucket's own address: a proxy before it. */
  readonly endpointUrl?: string;
}

/** Opens a site; `settings` gets its datasources, and what is to differ in the `datalake` section. */
export async function openAwsSite(
  { s3, moto, endpointUrl = s3.endpointUrl }: AwsWorld,
  settings: { readonly datalake?: object; readonly datasources: readonly object[] },
): Promise<AwsSite> {
  const bucket = await s3.bucket();
  const database = await moto.database();
  const front = await openAwsFront(moto.url);
  const datalake = {
    type: "aws",
    panorama_raw_data_bucket: bucket.name,
    base_prefix: "openedx",
    endpoint_url: endpointUrl,
    aws_access_key: s3.accessKeyId,
    aws_secret_access_key: s3.secretAccessKey,
    aws_region: s3.region,
    datalake_database: database,
    datalake_workgroup: database,
    base_partitions: [{ name: "lms", type: "varchar", value: "lms.example.com" }],
    ...settings.datalake,
  };
  const site = await openSite({ datalake, datasources: settings.datasources });
  const env = { AWS_ENDPOINT_URL_GLUE: front.url, AWS_ENDPOINT_URL_ATHENA: front.url };
  return {
    site,
    bucket,
    database,
    front,
    datalake,
    env,
    run: (...args) => site.runWith({ env }, ...args),
    start: (...args) =>
      startPanorama(["--settings", site.settingsFile, "--log-format", "json", ...args], {
        folder: site.folder,
        env,
      }),
    keys: () => listKeys(bucket),
    read: async (key) => {
      const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }));
      return text(Body as Readable);
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
      await bucket[Symbol.asyncDispose]();
    },
  };
}

async function listKeys({ client, name }: TestBucket): Promise<readonly string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: name, ContinuationToken: token }));
    keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return keys.filter((key) => !key.split("/").includes("_panorama")).sort();
}
