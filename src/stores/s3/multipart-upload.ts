import { setTimeout as delay } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { ObjectTraits } from "./object-traits.ts";
import { onS3, type S3Connection } from "./s3-connection.ts";
import { failureOf, isMissing, isTransient } from "./s3-errors.ts";
import type { PendingPart } from "./upload-memory.ts";

/** An object that is being written in parts. It takes room in the bucket until it is completed or given up. */
export interface MultipartUpload {
  readonly key: string;
  readonly id: string;
}

const longestPause = 20_000;

export async function beginUpload(
  connection: S3Connection,
  traits: ObjectTraits,
  key: string,
): Promise<MultipartUpload> {
  const { client, bucket, root, checksums } = connection;
  const id = await onS3(connection, "s3:PutObject", key, async () => {
    const algorithm = checksums.send ? ({ ChecksumAlgorithm: "CRC32" } as const) : {};
    const input = { Bucket: bucket, Key: key, ...traits, ...algorithm };
    return (await client.send(new CreateMultipartUploadCommand(input))).UploadId;
  });
  if (id === undefined) throw new TypeError(`${root} began an upload without naming it`);
  return { key, id };
}

/** Sends a part from memory, again where that helps. */
export async function sendPart(
  connection: S3Connection,
  upload: MultipartUpload,
  number: number,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<CompletedPart> {
  const input = { ...partOf(connection, upload, number), Body: body, ContentLength: body.length };
  return onS3(connection, "s3:PutObject", upload.key, async () => {
    const command = new UploadPartCommand(input);
    return completedPart(number, await connection.client.send(command, { abortSignal: signal }));
  });
}

/** Sends a part that is too large for memory from the spool file. */
export async function sendSpooledPart(
  connection: S3Connection,
  upload: MultipartUpload,
  number: number,
  part: PendingPart,
  signal: AbortSignal,
): Promise<CompletedPart> {
  const { client, checksums, patience } = connection;
  await part.spill();
  let checksum = 0;
  for await (const chunk of part.chunks()) checksum = crc32(chunk, checksum);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(checksum);
  // The SDK sends a stream once only, since it cannot rewind it.
  const attempt = async (): Promise<CompletedPart> => {
    const input = {
      ...partOf(connection, upload, number),
      Body: Readable.from(part.chunks(), { objectMode: false }),
      ContentLength: part.byteCount,
      ...(checksums.send ? { ChecksumCRC32: bytes.toString("base64") } : {}),
    };
    return completedPart(number, await client.send(new UploadPartCommand(input), { abortSignal: signal }));
  };
  return onS3(connection, "s3:PutObject", upload.key, () => patiently(patience.attempts, attempt, signal));
}

/** Does `work` again, after ever longer pauses, for what the SDK does not do again by itself. */
export async function patiently<T>(
  attempts: number,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (cause) {
      if (attempt >= attempts || !isTransient(cause)) throw cause;
      await delay(Math.random() * Math.min(longestPause, 200 * 2 ** attempt), undefined, { signal });
    }
  }
}

/** Makes the object exist, and returns its version. May be repeated while that fails. */
export async function completeUpload(
  connection: S3Connection,
  upload: MultipartUpload,
  parts: readonly CompletedPart[],
  byteCount: number,
): Promise<string> {
  const { client, bucket } = connection;
  const command = new CompleteMultipartUploadCommand({
    ...uploadOf(connection, upload),
    MultipartUpload: { Parts: [...parts] },
    MpuObjectSize: byteCount,
  });
  return onS3(connection, "s3:PutObject", upload.key, async () => {
    try {
      return unquote((await client.send(command)).ETag);
    } catch (cause) {
      // The upload may have been completed, the answer lost, and another attempt have met its own work.
      if (!isMissing(cause) || (failureOf(cause)?.attempts ?? 1) < 2) throw cause;
      const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: upload.key }));
      const version = unquote(found.ETag);
      const own = found.ContentLength === byteCount && version.endsWith(`-${parts.length}`);
      if (!own) throw cause;
      return version;
    }
  });
}

/** Removes the parts. To be called when none is on its way; may be repeated. */
export async function abortUpload(connection: S3Connection, upload: MultipartUpload): Promise<void> {
  await onS3(connection, "s3:AbortMultipartUpload", upload.key, async () => {
    try {
      await connection.client.send(new AbortMultipartUploadCommand(uploadOf(connection, upload)));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
    }
  });
}

/** ETags are quoted in headers. */
export function unquote(etag: string | undefined): string {
  return (etag ?? "").replace(/^"|"$/g, "");
}

interface UploadName {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

function uploadOf({ bucket }: S3Connection, { key, id }: MultipartUpload): UploadName {
  return { Bucket: bucket, Key: key, UploadId: id };
}

export function partOf(
  connection: S3Connection,
  upload: MultipartUpload,
  number: number,
): UploadName & { readonly PartNumber: number } {
  return { ...uploadOf(connection, upload), PartNumber: number };
}

function completedPart(number: number, sent: Pick<CompletedPart, "ETag" | "ChecksumCRC32">): CompletedPart {
  return {
    PartNumber: number,
    ETag: sent.ETag,
    ...(sent.ChecksumCRC32 === undefined ? {} : { ChecksumCRC32: sent.ChecksumCRC32 }),
  };
}
