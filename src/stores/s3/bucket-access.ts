import { onS3, openS3Connection, type S3ConnectionOptions } from "./s3-connection.ts";

/** What another program has to know to read the bucket as we do. Holds secrets. */
export interface BucketAccess {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly region: string;
  /** undefined: AWS's own address. */
  readonly endpointUrl: string | undefined;
  /** Whether the bucket's name stands in the path of addresses and not in their host name. */
  readonly pathStyle: boolean;
}

/** Asks nobody yet. What it returns is to be called anew for each use: keys expire. */
export async function openBucketAccess(options: S3ConnectionOptions): Promise<() => Promise<BucketAccess>> {
  const connection = await openS3Connection(options);
  const { bucket, client } = connection;
  return () =>
    onS3(connection, "s3:GetObject", "", async () => {
      const [key, region] = await Promise.all([client.config.credentials(), client.config.region()]);
      return {
        accessKeyId: key.accessKeyId,
        secretAccessKey: key.secretAccessKey,
        sessionToken: key.sessionToken,
        region,
        endpointUrl: options.endpointUrl,
        // AWS's certificate is good for one word before its own name, and not for a bucket's with dots.
        pathStyle: options.endpointUrl !== undefined || bucket.includes("."),
      };
    });
}
