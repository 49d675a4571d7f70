import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { PanoramaError } from "../../errors.ts";
import { keyWithoutValues } from "../lake-path.ts";
import { patiently } from "./multipart-upload.ts";
import { onS3, type S3Connection } from "./s3-connection.ts";
import { isMissing } from "./s3-errors.ts";

/** Copies an object to a file, from its beginning again where the answer ends early. */
export async function downloadObject(connection: S3Connection, key: string, path: string): Promise<void> {
  const { client, bucket, patience, root } = connection;
  const download = async (): Promise<void> => {
    await rm(path, { force: true });
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (!(Body instanceof Readable)) throw new Error("S3 answers with no stream");
      await pipeline(Body, createWriteStream(path, { flags: "wx", mode: 0o600 }));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      const where = keyWithoutValues(key);
      throw new PanoramaError("STORE_FAILED", `There is no object ${root}${where}`, { key: where });
    }
  };
  await onS3(connection, "s3:GetObject", key, () => patiently(patience.attempts, download));
}
