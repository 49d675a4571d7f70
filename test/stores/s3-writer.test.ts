import { createHash } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { BodyBuffers } from "../../src/stores/s3/body-buffers.ts";
import { openS3Connection } from "../../src/stores/s3/s3-connection.ts";
import { openS3Store } from "../../src/stores/s3/s3-store.ts";
import {
  defaultPartSizes,
  partSizeAfter,
  S3Writer,
  type UploadShare,
} from "../../src/stores/s3/s3-writer.ts";
import { SendingWindow } from "../../src/stores/s3/sending-window.ts";
import { removeUnfinishedUploads } from "../../src/stores/s3/unfinished-uploads.ts";
import { UploadMemory } from "../../src/stores/s3/upload-memory.ts";
import { describeOnS3, type TestBucket } from "../services/s3-server.ts";

const mebibyte = 1 << 20;

describeOnS3("Writing to a bucket", (server) => {
  test("a hundred megabytes go in parts, through memory for a few of them", async () => {
    await using bucket = await server.bucket();
    const share = await openShare(bucket);
    const writer = new S3Writer(share, "t/large");
    const sent = createHash("md5");
    const piece = Buffer.alloc(250_007);

    let byteCount = 0;
    for (let i = 0; byteCount < 100e6; i += 1) {
      piece.fill(`${i}`);
      sent.update(piece);
      byteCount += piece.length;
      await writer.write(piece);
    }
    const closed = await writer.close();

    expect(closed).toMatchObject({ key: "t/large", byteCount });
    expect(closed.version).toMatch(/-12$/);
    expect(await md5Of(bucket, "t/large")).toBe(sent.digest("hex"));
    expect(share.memory.mostHeld).toBeLessThanOrEqual(10 * mebibyte);
    expect(share.window.mostBytes).toBeLessThanOrEqual(16 * mebibyte);
  });

  test("many objects that grow at once share a little memory, and wait on disk", async () => {
    await using bucket = await server.bucket();
    const share = { ...(await openShare(bucket)), memory: new UploadMemory(mebibyte) };
    const writers = Array.from({ length: 60 }, (_, i) => new S3Writer(share, `t/n=${i}/object`));

    for (let round = 0; round < 10; round += 1) {
      for (const [i, writer] of writers.entries())
        await writer.write(Buffer.alloc(20_011 + i, `${i}-${round}.`));
    }
    const spoolsMeanwhile = openSpools();
    await Promise.all(writers.map((writer) => writer.close()));

    expect([spoolsMeanwhile, openSpools()]).toEqual([1, 0]);
    expect(share.memory.mostHeld).toBeLessThan(1.2 * mebibyte);
    for (const [i] of writers.entries()) {
      const expected = Array.from({ length: 10 }, (_, round) => Buffer.alloc(20_011 + i, `${i}-${round}.`));
      const md5 = createHash("md5").update(Buffer.concat(expected)).digest("hex");
      expect(await md5Of(bucket, `t/n=${i}/object`)).toBe(md5);
    }
  });

  test("objects of several parts do that too, whether a part fits in memory or not", async () => {
    await using bucket = await server.bucket();
    for (const largestInMemory of [5 * mebibyte, 0]) {
      const partSizes = { smallest: 5 * mebibyte, largestInMemory };
      const share = { ...(await openShare(bucket)), memory: new UploadMemory(2 * mebibyte), partSizes };
      const writers = [0, 1, 2].map((i) => new S3Writer(share, `t/${i}`));
      const hashes = writers.map(() => createHash("md5"));

      for (let round = 0; round < 40; round += 1) {
        for (const [i, writer] of writers.entries()) {
          const piece = Buffer.alloc(300_000 + i, `${i}-${round}.`);
          hashes[i]?.update(piece);
          await writer.write(piece);
        }
      }
      const closed = await Promise.all(writers.map((writer) => writer.close()));

      expect(share.memory.mostHeld).toBeLessThan(3.1 * mebibyte);
      expect(closed.map(({ version }) => version.replace(/^.*-/, ""))).toEqual(["3", "3", "3"]);
      const found = await Promise.all(writers.map((_, i) => md5Of(bucket, `t/${i}`)));
      expect(found).toEqual(hashes.map((hash) => hash.digest("hex")));
    }
  });

  test("an object that is given up leaves neither itself nor a part", async () => {
    await using bucket = await server.bucket();
    const store = await openS3Store(bucket.storeOptions);
    const writer = await store.create("t/object");
    await writer.write(new Uint8Array(20 * mebibyte));

    await writer.abort();
    await writer.abort();

    expect(await uploadsOf(bucket)).toEqual([]);
    expect(await store.get("t/object")).toBeUndefined();
  });

  test("an object may be given up while a piece of it is being taken", async () => {
    await using bucket = await server.bucket();
    const store = await openS3Store(bucket.storeOptions);
    const writer = await store.create("t/object");

    const writing = writer.write(new Uint8Array(40 * mebibyte));
    await writer.abort();

    await expect(writing).rejects.toThrow("aborted");
    expect(await uploadsOf(bucket)).toEqual([]);
  });

  test("what a writer that died left unfinished is removed after a day, and only below the prefix", async () => {
    await using bucket = await server.bucket();
    const store = await openS3Store(bucket.storeOptions);
    const connection = await openS3Connection(bucket.storeOptions);
    for (const key of ["t/a b+c", "t/ñ", "u/other"]) {
      const writer = await store.create(key);
      await writer.write(new Uint8Array(9 * mebibyte));
    }

    const today = await store.removeUnfinished?.("t/");
    const later = new Date(Date.now() + 25 * 3_600_000);
    const looked = await removeUnfinishedUploads(connection, "t/", later, true);
    const tomorrow = await removeUnfinishedUploads(connection, "t/", later, false);

    expect([today, looked]).toEqual([[], tomorrow]);
    expect([...tomorrow].sort()).toEqual(["t/a b+c", "t/ñ"]);
    expect(await uploadsOf(bucket)).toEqual(["u/other"]);
  });

  test("a temporary folder that takes nothing fails the objects that need it, and those only", async () => {
    await using bucket = await server.bucket();
    const share = { ...(await openShare(bucket)), memory: new UploadMemory(mebibyte) };
    const small = new S3Writer(share, "t/small");
    const large = new S3Writer(share, "t/large");
    await small.write(Buffer.from("small"));
    const folder = process.env["TMPDIR"];
    process.env["TMPDIR"] = "/nowhere";
    try {
      await expect(large.write(new Uint8Array(3 * mebibyte))).rejects.toMatchObject({ code: "STORE_FULL" });
      await large.abort();
    } finally {
      if (folder === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = folder;
    }

    expect(await small.close()).toMatchObject({ byteCount: 5 });
    await expect(large.close()).rejects.toThrow("aborted");
  });

  test("every part has a checksum that the server has checked", async () => {
    await using bucket = await server.bucket();
    for (const largestInMemory of [defaultPartSizes.largestInMemory, 0]) {
      const partSizes = { smallest: 5 * mebibyte, largestInMemory };
      const store = await openS3Store({ ...bucket.storeOptions, partSizes });
      const writer = await store.create("t/object");
      await writer.write(new Uint8Array(6 * mebibyte));
      await writer.close();

      const input = { Bucket: bucket.name, Key: "t/object", ChecksumMode: "ENABLED" } as const;
      const head = await bucket.client.send(new HeadObjectCommand(input));
      expect(head.ChecksumCRC32).toMatch(/^[\w+/]{6}==(-2)?$/);
    }
  });
});

describe("The parts of an upload", () => {
  test("are of one size up to ten gigabytes, and few enough for five terabytes", () => {
    const sizes: number[] = [];
    let byteCount = 0;
    while (byteCount < 5 * 2 ** 40) {
      const size = partSizeAfter(byteCount, defaultPartSizes.smallest);
      sizes.push(size);
      byteCount += size;
    }

    expect(sizes.length).toBeLessThan(10_000);
    expect(new Set(sizes.slice(0, 1_250))).toEqual(new Set([8 * mebibyte]));
    expect(Math.max(...sizes)).toBeLessThan(5 * 2 ** 30);
  });
});

async function openShare(bucket: TestBucket): Promise<UploadShare> {
  return {
    connection: await openS3Connection(bucket.storeOptions),
    traits: {},
    memory: new UploadMemory(24 * mebibyte),
    bodies: new BodyBuffers(defaultPartSizes.smallest),
    window: new SendingWindow(16 * mebibyte, 16),
    partSizes: defaultPartSizes,
  };
}

async function md5Of({ client, name }: TestBucket, key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: key }));
  return createHash("md5")
    .update((await Body?.transformToByteArray()) ?? "")
    .digest("hex");
}

async function uploadsOf({ client, name }: TestBucket): Promise<readonly string[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }));
  return Uploads.map(({ Key = "" }) => Key);
}

/** Spool files of this process, which no folder shows. */
function openSpools(): number {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "closed meanwhile";
    }
  });
  return targets.filter((target) => /panorama-\w+\/spool/.test(target)).length;
}
