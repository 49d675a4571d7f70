import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type MultipartUpload,
} from "@aws-sdk/client-s3";
import { PanoramaError } from "../../errors.ts";
import { abortUpload } from "./multipart-upload.ts";
import { onS3, type S3Connection } from "./s3-connection.ts";

/** Nobody writes one object for so long. */
const unfinishedMillis = 24 * 3_600_000;

/** Gives up what writers that died left below `prefix`, by its key: its parts take room, and nothing else shows them. */
export async function removeUnfinishedUploads(
  connection: S3Connection,
  prefix: string,
  now: Date,
  dryRun: boolean,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { Key, UploadId, Initiated } of listUploads(connection, prefix)) {
    const old = Initiated !== undefined && now.getTime() - Initiated.getTime() > unfinishedMillis;
    if (!old || Key === undefined || UploadId === undefined) continue;
    if (!dryRun) await abortUpload(connection, { key: Key, id: UploadId });
    keys.push(Key);
  }
  return keys;
}

/** None where they may not be listed: the original did without this right, and a rule of the bucket can do the work. */
async function* listUploads(connection: S3Connection, prefix: string): AsyncGenerator<MultipartUpload> {
  const { client, bucket } = connection;
  let input: ListMultipartUploadsCommandInput | undefined = { Bucket: bucket, Prefix: prefix };
  while (input !== undefined) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand(input);
    const page = await onS3(connection, "s3:ListBucketMultipartUploads", prefix, () =>
      client.send(command),
    ).catch((cause: unknown) => {
      if (cause instanceof PanoramaError && cause.code === "STORE_DENIED") return undefined;
      throw cause;
    });
    yield* page?.Uploads ?? [];
    const more = page?.IsTruncated === true && page.NextKeyMarker !== undefined;
    input = more
      ? { ...input, KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
}
