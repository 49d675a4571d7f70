import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { PanoramaError } from "../../errors.ts";
import type { CheckResult } from "../../sources/source.ts";
import { assertConditionsHeeded, planProbe } from "./conditional-writes.ts";
import type { ObjectTraits } from "./object-traits.ts";
import { onS3, openS3Connection } from "./s3-connection.ts";
import type { S3StoreOptions } from "./s3-store.ts";

/** Somebody waits for the answer. */
const attempts = 2;

/** Tries everything that a load does, below the lake's own prefix, and tells of each how it went. */
export async function checkBucket(options: S3StoreOptions, traits: ObjectTraits): Promise<CheckResult> {
  const connection = await openS3Connection({ ...options, patience: { attempts, ...options.patience } });
  const { client, bucket, root } = connection;
  const probe = planProbe(connection, traits, options.basePrefix);
  const { key } = probe;
  const found: string[] = [];
  let ok = true;
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      found.push(`${what}: works`);
      return true;
    } catch (cause) {
      if (!(cause instanceof PanoramaError)) throw cause;
      ok = false;
      found.push(`${what}: ${cause.message}. ${cause.remedy} (${cause.code})`);
      return false;
    }
  };
  const put = (): Promise<unknown> => onS3(connection, "s3:PutObject", key, () => probe.put({}));
  // Without an object there is nothing else to try.
  if (await attempt("put", put)) {
    await attempt("get", () =>
      onS3(connection, "s3:GetObject", key, async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        await Body?.transformToByteArray();
      }),
    );
    await attempt("list", () =>
      onS3(connection, "s3:ListBucket", key, () =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key })),
      ),
    );
    if (await attempt("delete", () => probe.remove())) {
      await attempt("conditional put", () => assertConditionsHeeded(connection, traits, options.basePrefix));
    }
  }
  return { subject: root, ok, detail: found.join("; ") };
}
