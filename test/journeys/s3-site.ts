import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TestBucket, TestS3Server } from "../services/s3-server.ts";
import type { Ended } from "./program.ts";
import { openSite, type Site } from "./site.ts";

/** An operator's folder whose lake is a bucket, and whose catalog is a DuckDB file in the folder. */
export interface S3Site extends AsyncDisposable {
  readonly site: Site;
  readonly catalog: string;
  /** `panorama --settings <the file> <args>`, to its end. */
  run(...args: readonly string[]): Promise<Ended>;
  /** As `site.query`. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Another one whenever the file was built anew. Rejects when there is none. */
  catalogVersion(): Promise<string>;
  loseCatalog(): Promise<void>;
}

export interface S3World {
  readonly s3: TestS3Server;
  readonly bucket: TestBucket;
  /** In which DuckDB finds its extensions. */
  readonly home: string;
  /** What else the program is started with. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Opens a site; `settings` gets its datasources, and what is to differ in the `datalake` section. */
export async function openS3Site(
  { s3, bucket, home, env }: S3World,
  settings: { readonly datalake?: object; readonly datasources: readonly object[] },
): Promise<S3Site> {
  const datalake = {
    type: "s3",
    panorama_raw_data_bucket: bucket.name,
    endpoint_url: s3.endpointUrl,
    aws_access_key: s3.accessKeyId,
    aws_secret_access_key: s3.secretAccessKey,
    catalog_path: "./panorama.duckdb",
    ...settings.datalake,
  };
  const site = await openSite({ datalake, datasources: settings.datasources });
  const catalog = join(site.folder, "panorama.duckdb");
  return {
    site,
    catalog,
    run: (...args) => site.runWith({ env: { HOME: home, ...env } }, ...args),
    query: (sql) => site.query(sql),
    catalogVersion: async () => {
      const { ino, mtimeNs } = await stat(catalog, { bigint: true });
      return `${ino} ${mtimeNs}`;
    },
    loseCatalog: () => rm(catalog),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}
