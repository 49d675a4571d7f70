import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, NoSuchKey } from "@aws-sdk/client-s3";
import { localLake } from "../journeys/site.ts";
import { removeObjects } from "../services/empty-bucket.ts";
import type { TestBucket, TestS3Server } from "../services/s3-server.ts";

/** Where the lakes of the model are, one after the other. */
export interface ModelLake {
  /** Of the settings file, but for the format. */
  readonly datalake: object;
  /** Whether it is on a disk that can fail under it. */
  readonly onDisk: boolean;

  /** undefined before the first publication. */
  manifest(): Promise<string | undefined>;
  /** What a process would not hold any more, had it been killed. */
  removeLocks(): Promise<void>;
  remove(): Promise<void>;
}

const manifestPath = "school/_panorama/manifest.json";

/** Beside the settings file, which is in `folder`. */
export function lakeInFolder(folder: string): ModelLake {
  const lake = join(folder, "lake");
  return {
    datalake: localLake,
    onDisk: true,
    manifest: () => readFile(join(lake, manifestPath), "utf8").catch(() => undefined),
    removeLocks: async () => {
      const entries = await readdir(lake, { recursive: true, withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!/^\..+\.lock$/.test(entry.name)) continue;
        await rm(join(entry.parentPath, entry.name), { recursive: true, force: true });
      }
    },
    remove: () => rm(lake, { recursive: true, force: true }),
  };
}

/** Its catalog is a DuckDB file in `folder`. */
export function lakeInBucket(s3: TestS3Server, bucket: TestBucket, folder: string): ModelLake {
  const catalog = join(folder, "panorama.duckdb");
  return {
    datalake: {
      type: "s3",
      base_prefix: localLake.base_prefix,
      panorama_raw_data_bucket: bucket.name,
      endpoint_url: s3.endpointUrl,
      aws_access_key: s3.accessKeyId,
      aws_secret_access_key: s3.secretAccessKey,
      catalog_path: catalog,
    },
    onDisk: false,
    manifest: async () => {
      try {
        const request = new GetObjectCommand({ Bucket: bucket.name, Key: manifestPath });
        return await (await bucket.client.send(request)).Body?.transformToString();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    removeLocks: async () => undefined,
    remove: async () => {
      await removeObjects(bucket.client, bucket.name);
      await rm(catalog, { force: true });
    },
  };
}
