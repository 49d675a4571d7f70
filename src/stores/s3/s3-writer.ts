import { type CompletedPart, PutObjectCommand } from "@aws-sdk/client-s3";
import type { ObjectWriter, StoredObject } from "../store.ts";
import type { BodyBuffers } from "./body-buffers.ts";
import {
  abortUpload,
  beginUpload,
  completeUpload,
  type MultipartUpload,
  sendPart,
  sendSpooledPart,
  unquote,
} from "./multipart-upload.ts";
import type { ObjectTraits } from "./object-traits.ts";
import { onS3, type S3Connection } from "./s3-connection.ts";
import type { SendingWindow } from "./sending-window.ts";
import type { PendingPart, UploadMemory } from "./upload-memory.ts";

/** What the writers of one store share. */
export interface UploadShare {
  readonly connection: S3Connection;
  readonly traits: ObjectTraits;
  readonly memory: UploadMemory;
  readonly bodies: BodyBuffers;
  readonly window: SendingWindow;
  readonly partSizes: PartSizes;
}

export interface PartSizes {
  /** Smaller objects are sent in one piece. S3 takes no parts below 5 MiB, but for the last. */
  readonly smallest: number;
  /** Larger parts are sent from the spool file, of which only some is in memory. */
  readonly largestInMemory: number;
}

export const defaultPartSizes: PartSizes = { smallest: 8 << 20, largestInMemory: 16 << 20 };

/** S3 takes 10,000 parts and 5 TiB: parts that grow with what was sent get there with 9,800. */
const partsOfOneSize = 1_300;
const largestPart = 5 * 2 ** 30;
const largestPiece = 1 << 20;

/**
 * Sends an object in parts while it is written, or in one piece when it is small. It takes at most a part's worth of
 * memory or temporary disk. Calls must not overlap, but for `abort`.
 */
export class S3Writer implements ObjectWriter {
  readonly #share: UploadShare;
  readonly #key: string;
  readonly #aborting = new AbortController();
  readonly #sending = new Set<Promise<void>>();
  readonly #parts: CompletedPart[] = [];
  #part: PendingPart;
  #partSize: number;
  #byteCount = 0;
  #upload: Promise<MultipartUpload> | undefined;
  #failure: { readonly cause: unknown } | undefined;
  #ended = false;

  constructor(share: UploadShare, key: string) {
    this.#share = share;
    this.#key = key;
    this.#part = share.memory.newPart();
    this.#partSize = share.partSizes.smallest;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#assertOpen();
    for (let rest = bytes; rest.length > 0; this.#assertOpen()) {
      const piece = rest.subarray(0, Math.min(largestPiece, this.#partSize - this.#part.byteCount));
      this.#part.append(piece);
      this.#byteCount += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#part.byteCount >= this.#partSize) await this.#send();
      else await this.#share.memory.makeRoom();
    }
  }

  async close(): Promise<StoredObject> {
    this.#assertOpen();
    try {
      const version = this.#upload === undefined ? await this.#put() : await this.#complete();
      this.#ended = true;
      return { key: this.#key, byteCount: this.#byteCount, version };
    } catch (cause) {
      // What matters is why it failed; what cannot be removed now, `removeUnfinished` finds.
      await this.abort().catch(() => undefined);
      throw cause;
    }
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#aborting.abort();
    await this.#part.discard();
    await Promise.all(this.#sending);
    const upload = await this.#upload?.catch(() => undefined);
    if (upload !== undefined) await abortUpload(this.#share.connection, upload);
  }

  async #put(): Promise<string> {
    const { connection, traits, window } = this.#share;
    const leave = await window.enter(this.#part.byteCount);
    try {
      return await this.#withBody(this.#part, async (body) => {
        const input = { Bucket: connection.bucket, Key: this.#key, Body: body, ContentLength: body.length };
        const command = new PutObjectCommand({ ...input, ...traits });
        return onS3(connection, "s3:PutObject", this.#key, async () => {
          const { ETag } = await connection.client.send(command, { abortSignal: this.#aborting.signal });
          return unquote(ETag);
        });
      });
    } finally {
      leave();
    }
  }

  /** What failed may still be on its way: its buffer is not used again. */
  async #withBody<T>(part: PendingPart, send: (body: Uint8Array) => Promise<T>): Promise<T> {
    const { bodies } = this.#share;
    const buffer = bodies.take(part.byteCount);
    const body = buffer.subarray(0, part.byteCount);
    await part.take(body);
    const result = await send(body);
    bodies.giveBack(buffer);
    return result;
  }

  async #complete(): Promise<string> {
    if (this.#part.byteCount > 0) await this.#send();
    await Promise.all(this.#sending);
    if (this.#failure) throw this.#failure.cause;
    const upload = (await this.#upload) as MultipartUpload;
    return completeUpload(this.#share.connection, upload, this.#parts, this.#byteCount);
  }

  /** Begins to send the part, and returns while that is under way, with a new one to be filled. */
  async #send(): Promise<void> {
    const { connection, traits, memory, window, partSizes } = this.#share;
    const part = this.#part;
    this.#upload ??= beginUpload(connection, traits, this.#key);
    const upload = await this.#upload;
    const inMemory = part.byteCount <= partSizes.largestInMemory;
    const leave = await window.enter(inMemory ? part.byteCount : partSizes.smallest);
    if (this.#ended) {
      leave();
      throw new Error("This writer was aborted");
    }
    this.#part = memory.newPart();
    this.#partSize = partSizeAfter(this.#byteCount, partSizes.smallest);
    const sent = this.#deliver(upload, this.#parts.push({}), part, inMemory).finally(() => {
      leave();
      this.#sending.delete(sent);
    });
    this.#sending.add(sent);
  }

  /** Never rejects: the next call of whoever writes is told. */
  async #deliver(
    upload: MultipartUpload,
    number: number,
    part: PendingPart,
    inMemory: boolean,
  ): Promise<void> {
    const { connection } = this.#share;
    const { signal } = this.#aborting;
    try {
      this.#parts[number - 1] = inMemory
        ? await this.#withBody(part, (body) => sendPart(connection, upload, number, body, signal))
        : await sendSpooledPart(connection, upload, number, part, signal);
    } catch (cause) {
      this.#failure ??= { cause };
    } finally {
      await part.discard();
    }
  }

  #assertOpen(): void {
    if (this.#ended) throw new Error("This writer was closed or aborted already");
    if (this.#failure) throw this.#failure.cause;
  }
}

/** How large the next part is to be when so many bytes were sent. Whole mebibytes, for tidiness. */
export function partSizeAfter(byteCount: number, smallest: number): number {
  const grown = Math.ceil(byteCount / partsOfOneSize / 2 ** 20) * 2 ** 20;
  return Math.min(largestPart, Math.max(smallest, grown));
}
