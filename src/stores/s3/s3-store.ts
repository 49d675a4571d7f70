import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { PanoramaError } from "../../errors.ts";
import { atMost } from "../at-most.ts";
import { keyWithoutValues } from "../lake-path.ts";
import type { EnterFolder, Store, StoredObject } from "../store.ts";
import { BodyBuffers } from "./body-buffers.ts";
import { checkBucket } from "./check-bucket.ts";
import { assertConditionsHeeded, conditionOf } from "./conditional-writes.ts";
import { defaultCopyBytes, moveObject } from "./move-object.ts";
import { patiently, unquote } from "./multipart-upload.ts";
import { type ObjectTraits, planTraits, type S3ObjectOptions } from "./object-traits.ts";
import { onS3, openS3Connection, type S3Connection, type S3ConnectionOptions } from "./s3-connection.ts";
import { failureOf, isConflict, isMissing } from "./s3-errors.ts";
import { defaultPartSizes, type PartSizes, S3Writer } from "./s3-writer.ts";
import { SendingWindow } from "./sending-window.ts";
import { removeUnfinishedUploads } from "./unfinished-uploads.ts";
import { UploadMemory } from "./upload-memory.ts";

export interface S3StoreOptions extends S3ConnectionOptions, S3ObjectOptions {
  /** The lake's, below whose system folder objects are tried out. */
  readonly basePrefix?: string | undefined;
  /** For what is written and not sent yet, of all writers together. Two thirds as much may be on its way. */
  readonly memoryBytes?: number | undefined;
  readonly partSizes?: PartSizes | undefined;
  /** Larger objects are moved in parts of this size. */
  readonly copyBytes?: number | undefined;
}

const defaultMemoryBytes = 24 << 20;
const requestsAtOnce = 16;
const removedAtOnce = 1_000;

/**
 * A bucket as a store. Versions are ETags: an object that is replaced by the same bytes may keep its version.
 * Connects to nothing before it is used, and needs no closing.
 */
export async function openS3Store(options: S3StoreOptions): Promise<Store> {
  const connection = await openS3Connection(options);
  const traits = planTraits(options);
  const partSizes = options.partSizes ?? defaultPartSizes;
  const memoryBytes = options.memoryBytes ?? defaultMemoryBytes;
  const share = {
    connection,
    traits,
    bodies: new BodyBuffers(partSizes.smallest),
    memory: new UploadMemory(memoryBytes),
    window: new SendingWindow((2 * memoryBytes) / 3, requestsAtOnce),
    partSizes,
  };
  const moving = atMost(requestsAtOnce);
  let conditions: Promise<void> | undefined;
  const assertConditions = (): Promise<void> =>
    (conditions ??= assertConditionsHeeded(connection, traits, options.basePrefix).catch((cause: unknown) => {
      conditions = undefined;
      throw cause;
    }));
  return {
    root: connection.root,
    check: () => checkBucket(options, traits),
    create: async (key) => new S3Writer(share, key),
    async put(key, bytes, { ifVersion } = {}) {
      if (ifVersion !== undefined) await assertConditions();
      return putObject(connection, traits, key, bytes, ifVersion);
    },
    get: (key) => getObject(connection, key),
    read: (key) => readObject(connection, key),
    list: (prefix) => listObjects(connection, prefix),
    keys: (prefix, enter) => listKeys(connection, prefix, enter),
    move: (from, to) =>
      moving(() => moveObject(connection, traits, options.copyBytes ?? defaultCopyBytes, from, to)),
    async remove(keys) {
      for (let start = 0; start < keys.length; start += removedAtOnce) {
        await removeObjects(connection, keys.slice(start, start + removedAtOnce));
      }
    },
    removeUnfinished: (prefix, { dryRun } = { dryRun: false }) =>
      removeUnfinishedUploads(connection, prefix, new Date(), dryRun),
  };
}

async function putObject(
  connection: S3Connection,
  traits: ObjectTraits,
  key: string,
  bytes: Uint8Array,
  ifVersion: string | null | undefined,
): Promise<StoredObject> {
  const { client, bucket } = connection;
  // A buffer of its own: the SDK sends again what the caller may have changed meanwhile.
  const body = Buffer.from(bytes);
  const input = { Bucket: bucket, Key: key, Body: body, ...traits, ...conditionOf(ifVersion) };
  const version = await onS3(connection, "s3:PutObject", key, async () => {
    try {
      return unquote((await client.send(new PutObjectCommand(input))).ETag);
    } catch (cause) {
      if (ifVersion === undefined || !(isConflict(cause) || isMissing(cause))) throw cause;
      const own = await findOwnWork(connection, key, body, cause);
      if (own !== undefined) return own;
      const path = keyWithoutValues(key);
      const sentence = `${connection.root}${path} was changed since it was read`;
      throw new PanoramaError("STORE_CONFLICT", sentence, { key: path });
    }
  });
  return { key, byteCount: body.length, version };
}

/** The first attempt may have succeeded, its answer been lost, and the next have met what it wrote. */
async function findOwnWork(
  connection: S3Connection,
  key: string,
  body: Buffer,
  cause: unknown,
): Promise<string | undefined> {
  if ((failureOf(cause)?.attempts ?? 1) < 2) return undefined;
  const found = await getObject(connection, key);
  return found !== undefined && body.equals(found.bytes) ? found.version : undefined;
}

async function getObject(
  connection: S3Connection,
  key: string,
): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined> {
  const { client, bucket, patience } = connection;
  const read = async (): Promise<{ bytes: Uint8Array; version: string } | undefined> => {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), version: unquote(ETag) };
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause;
    }
  };
  // The SDK asks again until an answer begins, and leaves it to us when that ends early.
  return onS3(connection, "s3:GetObject", key, () => patiently(patience.attempts, read));
}

async function* readObject(connection: S3Connection, key: string): AsyncGenerator<Uint8Array> {
  const { client, bucket } = connection;
  const { Body, ContentLength } = await onS3(connection, "s3:GetObject", key, () =>
    client.send(new GetObjectCommand({ Bucket: bucket, Key: key })),
  );
  const pieces = (Body as AsyncIterable<Uint8Array> | undefined) ?? noPieces();
  const iterator = pieces[Symbol.asyncIterator]();
  let byteCount = 0;
  try {
    for (;;) {
      const piece = await onS3(connection, "s3:GetObject", key, () => iterator.next());
      if (piece.done === true) break;
      byteCount += piece.value.length;
      yield piece.value;
    }
  } finally {
    await iterator.return?.();
  }
  if (ContentLength === undefined || ContentLength === byteCount) return;
  const path = keyWithoutValues(key);
  const sentence = `${connection.place} sent a part of ${connection.root}${path} and not the rest`;
  throw new PanoramaError("STORE_FAILED", sentence, { key: path });
}

async function* noPieces(): AsyncGenerator<Uint8Array> {}

async function* listObjects(connection: S3Connection, prefix: string): AsyncGenerator<StoredObject> {
  const { client, bucket } = connection;
  let token: string | undefined;
  do {
    const input = { Bucket: bucket, Prefix: prefix, EncodingType: "url", ContinuationToken: token } as const;
    const page = await onS3(connection, "s3:ListBucket", prefix, () =>
      client.send(new ListObjectsV2Command(input)),
    );
    for (const { Key = "", Size = 0, ETag } of page.Contents ?? []) {
      const key = page.EncodingType === "url" ? decodeKey(Key) : Key;
      // What ends in a slash is a folder that somebody made in a console.
      if (!key.endsWith("/")) yield { key, byteCount: Size, version: unquote(ETag) };
    }
    const next = page.NextContinuationToken;
    if (page.IsTruncated === true && (next === undefined || next === token)) {
      const sentence = `${connection.place} lists a part of ${connection.root} and not the rest`;
      throw new PanoramaError("STORE_FAILED", sentence);
    }
    token = page.IsTruncated === true ? next : undefined;
  } while (token !== undefined);
}

/** All are asked for: a thousand keys come at once, and to leave out a folder takes as many questions as there are others. */
async function* listKeys(
  connection: S3Connection,
  prefix: string,
  enter: EnterFolder = () => true,
): AsyncGenerator<string> {
  for await (const { key } of listObjects(connection, prefix)) {
    if (foldersBelow(prefix, key).every(enter)) yield key;
  }
}

function foldersBelow(prefix: string, key: string): readonly string[] {
  const folders: string[] = [];
  for (let at = key.indexOf("/", prefix.length); at >= 0; at = key.indexOf("/", at + 1)) {
    folders.push(key.slice(0, at + 1));
  }
  return folders;
}

/** S3 writes a space as `+` in what it encodes, and a plus as `%2B`. */
function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll("+", "%20"));
}

async function removeObjects(connection: S3Connection, keys: readonly string[]): Promise<void> {
  const { client, bucket, patience } = connection;
  let left = keys;
  const remove = async (): Promise<void> => {
    const objects = left.map((Key) => ({ Key }));
    const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } });
    const { Errors = [] } = await client.send(command);
    const [first] = Errors;
    if (first === undefined) return;
    left = Errors.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
    throw refusalOf(first.Code);
  };
  await onS3(connection, "s3:DeleteObject", keys.length === 1 ? (keys[0] ?? "") : "", () =>
    patiently(patience.attempts, remove),
  );
}

const statuses: Readonly<Record<string, number>> = { AccessDenied: 403, SlowDown: 503, InternalError: 500 };

/** One of the errors within an answer, in the form of an answer that is one. */
function refusalOf(code = "Unknown"): Error {
  const metadata = { httpStatusCode: statuses[code] ?? 400 };
  return Object.assign(new Error(code), { name: code, $metadata: metadata });
}
