import {
  CopyObjectCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type CompletedPart,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { PanoramaError } from "../../errors.ts";
import { atMost } from "../at-most.ts";
import { keyWithoutValues } from "../lake-path.ts";
import { abortUpload, beginUpload, completeUpload, partOf } from "./multipart-upload.ts";
import type { ObjectTraits } from "./object-traits.ts";
import { onS3, type S3Connection } from "./s3-connection.ts";
import { isMissing } from "./s3-errors.ts";

/** S3 copies up to 5 GiB in one request, but says nothing while it does. */
export const defaultCopyBytes: number = 1 << 30;
const mostParts = 9_900;

/** Copies and removes. Throws STORE_FAILED when there is nothing at either key. */
export async function moveObject(
  connection: S3Connection,
  traits: ObjectTraits,
  copyBytes: number,
  from: string,
  to: string,
): Promise<void> {
  const { client, bucket } = connection;
  const there = await describeObject(connection, from);
  const copied = there !== undefined && (await copyObject(connection, traits, copyBytes, from, to, there));
  if (!copied) {
    // It was moved before, by a run that ended before it could note that, or by another run just now.
    if ((await describeObject(connection, to)) !== undefined) return;
    const [source, target] = [from, to].map(keyWithoutValues);
    throw new PanoramaError("STORE_FAILED", `Neither ${source} nor ${target} exists in ${connection.root}`, {
      ...(target === undefined ? {} : { key: target }),
    });
  }
  await onS3(connection, "s3:DeleteObject", from, () =>
    client.send(new DeleteObjectCommand({ Bucket: bucket, Key: from })),
  );
}

async function describeObject(
  connection: S3Connection,
  key: string,
): Promise<HeadObjectCommandOutput | undefined> {
  const { client, bucket } = connection;
  return onS3(connection, "s3:GetObject", key, async () => {
    try {
      return await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause;
    }
  });
}

/** False when the object has gone meanwhile. */
async function copyObject(
  connection: S3Connection,
  traits: ObjectTraits,
  copyBytes: number,
  from: string,
  to: string,
  { ContentLength: byteCount = 0, ETag: etag }: HeadObjectCommandOutput,
): Promise<boolean> {
  const { client, bucket } = connection;
  const source = {
    CopySource: [bucket, ...from.split("/")].map(encodeURIComponent).join("/"),
    ...(etag === undefined ? {} : { CopySourceIfMatch: etag }),
  };
  return onS3(connection, "s3:PutObject", to, async () => {
    try {
      if (byteCount > copyBytes) {
        await copyInParts(connection, traits, to, byteCount, copyBytes, source);
        return true;
      }
      const tags = traits.Tagging === undefined ? {} : ({ TaggingDirective: "REPLACE" } as const);
      const target = { Bucket: bucket, Key: to, ...traits, ...tags };
      await client.send(new CopyObjectCommand({ ...target, ...source }));
      return true;
    } catch (cause) {
      if (isMissing(cause)) return false;
      throw cause;
    }
  });
}

async function copyInParts(
  connection: S3Connection,
  traits: ObjectTraits,
  to: string,
  byteCount: number,
  copyBytes: number,
  source: { readonly CopySource: string; readonly CopySourceIfMatch?: string },
): Promise<void> {
  const partBytes = Math.max(copyBytes, Math.ceil(byteCount / mostParts));
  const upload = await beginUpload(connection, traits, to);
  const limit = atMost(4);
  const copyPart = (index: number): Promise<CompletedPart> =>
    limit(async () => {
      const end = Math.min(byteCount, (index + 1) * partBytes) - 1;
      const range = { CopySourceRange: `bytes=${index * partBytes}-${end}` };
      const input = { ...partOf(connection, upload, index + 1), ...source, ...range };
      const { CopyPartResult: copied } = await connection.client.send(new UploadPartCopyCommand(input));
      const checksum = copied?.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: copied.ChecksumCRC32 };
      return { PartNumber: index + 1, ETag: copied?.ETag, ...checksum };
    });
  const copying = Array.from({ length: Math.ceil(byteCount / partBytes) }, (_, index) => copyPart(index));
  try {
    await completeUpload(connection, upload, await Promise.all(copying), byteCount);
  } catch (cause) {
    await Promise.allSettled(copying);
    await abortUpload(connection, upload).catch(() => undefined);
    throw cause;
  }
}
