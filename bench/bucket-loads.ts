import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CreateBucketCommand, DeleteBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { removeObjects } from "../test/services/empty-bucket.ts";
import { openS3Server } from "../test/services/open-s3-server.ts";
import type { S3Address } from "../test/services/s3-address.ts";
import type { BenchServer } from "./bench-server.ts";
import { tableName } from "./bench-table.ts";
import type { Contender } from "./contender.ts";
import { benchDatasource } from "./panorama-loads.ts";

/** Loads into a bucket, without a catalog: the upload is what is measured. */
export interface BucketLoad extends Contender {
  /** Of the last run, by its manifest. */
  rowCount(): Promise<number>;
}

export interface BucketLoadPlan {
  readonly name: string;
  readonly partitionFields: readonly string[];
  readonly database: string;
}

/** An S3 server beside, with a bucket for the bench. Disposing removes the bucket, and ends a server started for it. */
export interface BenchBucket extends AsyncDisposable {
  load(plan: BucketLoadPlan): Promise<BucketLoad>;
}

/** Undefined, and told, where no S3 server can be had. */
export async function openBenchBucket(
  server: BenchServer,
  folder: string,
  tell: (notice: string) => void,
): Promise<BenchBucket | undefined> {
  const opened = await openS3Server();
  if ("missing" in opened.found) {
    tell(opened.found.missing);
    return undefined;
  }
  const { address } = opened.found;
  const bucket = `panorama-bench-${process.pid}`;
  const client = clientOf(address);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    load: (plan) => openBucketLoad(server, folder, { address, bucket, client }, plan),
    async [Symbol.asyncDispose]() {
      await removeObjects(client, bucket);
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
      await opened[Symbol.asyncDispose]();
    },
  };
}

interface Place {
  readonly address: S3Address;
  readonly bucket: string;
  readonly client: S3Client;
}

async function openBucketLoad(
  server: BenchServer,
  folder: string,
  { address, bucket, client }: Place,
  { name, partitionFields, database }: BucketLoadPlan,
): Promise<BucketLoad> {
  const own = join(folder, name.replaceAll(" ", "-"));
  const settingsFile = join(own, "panorama_settings.yaml");
  const settings = {
    datalake: {
      type: "aws",
      format: "parquet",
      panorama_raw_data_bucket: bucket,
      base_prefix: "bench",
      endpoint_url: address.endpointUrl,
      aws_region: address.region,
      aws_access_key: "${PANORAMA_BENCH_S3_KEY}",
      aws_secret_access_key: "${PANORAMA_BENCH_S3_SECRET}",
    },
    datasources: [benchDatasource(server, database, partitionFields)],
  };
  await mkdir(own, { recursive: true });
  await writeFile(settingsFile, JSON.stringify(settings, null, 2));
  return {
    name,
    command: {
      program: resolve("panorama"),
      words: ["--settings", settingsFile, "extract-and-load", "--all"],
      environment: {
        PANORAMA_BENCH_PASSWORD: server.address.password,
        PANORAMA_BENCH_S3_KEY: address.accessKeyId,
        PANORAMA_BENCH_S3_SECRET: address.secretAccessKey,
      },
    },
    prepare: () => removeObjects(client, bucket),
    required: true,
    once: false,
    rowCount: () => readRowCount(client, bucket),
  };
}

function clientOf({ endpointUrl, region, accessKeyId, secretAccessKey }: S3Address): S3Client {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint: endpointUrl, region, credentials, forcePathStyle: true });
}

async function readRowCount(client: S3Client, bucket: string): Promise<number> {
  const Key = "bench/_panorama/manifest.json";
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
  const manifest = JSON.parse((await Body?.transformToString()) ?? "") as {
    readonly tables: readonly { readonly table: string; readonly load?: { readonly rowCount: number } }[];
  };
  return manifest.tables.find(({ table }) => table === tableName)?.load?.rowCount ?? 0;
}
