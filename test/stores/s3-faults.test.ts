import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { S3Patience } from "../../src/stores/s3/s3-connection.ts";
import { openS3Store, type S3StoreOptions } from "../../src/stores/s3/s3-store.ts";
import type { Store } from "../../src/stores/store.ts";
import {
  type Fault,
  type FaultyProxy,
  firstOf,
  openFaultyProxy,
  type SeenRequest,
} from "../services/faulty-proxy.ts";
import { describeOnS3, type TestBucket, type TestS3Server } from "../services/s3-server.ts";

const partBytes = 5 << 20;
const isPart = ({ method, url }: SeenRequest): boolean => method === "PUT" && url.includes("partNumber=");
const isFirstPart = (seen: SeenRequest): boolean => isPart(seen) && /[?&]partNumber=1(&|$)/.test(seen.url);
const isPut = ({ method, url }: SeenRequest): boolean => method === "PUT" && !url.includes("partNumber=");
const isOf =
  (key: string) =>
  ({ url }: SeenRequest): boolean =>
    url.includes(`/${key}`);

describeOnS3("A bucket whose server has its troubles", (server) => {
  test.each<[trouble: string, fault: Fault]>([
    ["answers 500", { kind: "answer", status: 500, code: "InternalError" }],
    ["asks to slow down", { kind: "answer", status: 503, code: "SlowDown" }],
    ["resets the connection in the middle of a part", { kind: "reset", afterBytes: 1 << 20 }],
    ["stalls", { kind: "stall" }],
    ["takes a part and loses the answer", { kind: "lost answer" }],
  ])("gets every part when it %s", async (_trouble, fault) => {
    await using world = await openWorld(server, { patience: patienceWith(fault) });
    const { store, proxy, bucket } = world;
    proxy.fail(firstOf(2, isFirstPart, fault));

    const closed = await write(store, "t/object", 2 * partBytes + 9);

    expect(closed.byteCount).toBe(2 * partBytes + 9);
    expect((await contentOf(store, "t/object")).equals(pattern(2 * partBytes + 9))).toBe(true);
    expect(proxy.requests.filter(isPart).length).toBeGreaterThanOrEqual(5);
    expect(await uploadsOf(bucket)).toEqual([]);
  });

  test.each<[trouble: string, fault: Fault]>([
    ["answers 500", { kind: "answer", status: 500, code: "InternalError" }],
    ["resets the connection", { kind: "reset", afterBytes: 1 << 20 }],
    ["stalls", { kind: "stall" }],
  ])("gets a part that was set aside on disk when it %s", async (_trouble, fault) => {
    const partSizes = { smallest: partBytes, largestInMemory: 0 };
    await using world = await openWorld(server, { partSizes, patience: patienceWith(fault) });
    const { store, proxy } = world;
    proxy.fail(firstOf(2, isFirstPart, fault));

    await write(store, "t/object", partBytes + 9);

    expect((await contentOf(store, "t/object")).equals(pattern(partBytes + 9))).toBe(true);
    expect(proxy.requests.filter(isPart).length).toBeGreaterThanOrEqual(4);
  });

  test("has an object whose completion it forgot to tell", async () => {
    await using world = await openWorld(server);
    const { store, proxy } = world;
    const isCompletion = ({ method, url }: SeenRequest): boolean =>
      method === "POST" && /uploadId=/.test(url);
    let completions = 0;
    proxy.fail((seen) => {
      if (!isCompletion(seen)) return undefined;
      completions += 1;
      if (completions === 1) return { kind: "lost answer" };
      return { kind: "answer", status: 404, code: "NoSuchUpload" };
    });

    const closed = await write(store, "t/object", partBytes + 9);

    expect(completions).toBe(2);
    expect(closed.version).toBe((await store.get("t/object"))?.version);
  });

  test("says so when it goes on having them, and keeps no part", async () => {
    await using world = await openWorld(server, { patience: { attempts: 2 } });
    const { store, proxy, bucket } = world;
    proxy.fail((seen) => (isPart(seen) ? { kind: "answer", status: 503, code: "SlowDown" } : undefined));

    const writing = write(store, "t/course_id=secret/object", 3 * partBytes);

    await expect(writing).rejects.toMatchObject({
      code: "STORE_FAILED",
      message: `Cannot write s3://${bucket.name}/t/course_id=…/object: ${proxy.url} answers SlowDown (HTTP 503, after 2 attempts)`,
      details: { key: "t/course_id=…/object" },
    });
    expect(await uploadsOf(bucket)).toEqual([]);
    expect(await store.get("t/course_id=secret/object")).toBeUndefined();
  });

  test("loses no answer to a conditional put: what was written is known again", async () => {
    await using world = await openWorld(server);
    const { store, proxy } = world;
    await store.put("warm", text("up"), { ifVersion: null });
    proxy.fail(firstOf(1, isOf("manifest"), { kind: "lost answer" }));

    const put = await store.put("manifest", text("mine"), { ifVersion: null });

    expect(put.version).toBe((await store.get("manifest"))?.version);
    expect(proxy.requests.filter(isOf("manifest")).map(({ method }) => method)).toEqual([
      ...["PUT", "PUT", "GET"],
      "GET",
    ]);
  });

  test("gives an object as a whole when the first answer ends in the middle", async () => {
    await using world = await openWorld(server);
    const { store, proxy } = world;
    await write(store, "t/object", 3 << 20);
    proxy.fail(firstOf(1, ({ method }) => method === "GET", { kind: "cut", afterBytes: 1 << 20 }));

    expect((await contentOf(store, "t/object")).equals(pattern(3 << 20))).toBe(true);
  });

  test("tells of credentials that have expired, once and without repeating them", async () => {
    await using world = await openWorld(server);
    const { store, proxy, bucket } = world;
    proxy.fail(() => ({ kind: "answer", status: 403, code: "ExpiredToken" }));

    const listing = store.list("t/")[Symbol.asyncIterator]().next();

    await expect(listing).rejects.toMatchObject({
      code: "STORE_DENIED",
      message: `Cannot list s3://${bucket.name}/t/: the credentials have expired (ExpiredToken)`,
    });
    expect(proxy.requests.length).toBe(1);
  });

  test("that takes no notice of conditions is refused before anything is written by them", async () => {
    await using world = await openWorld(server);
    const { store, proxy, bucket } = world;
    proxy.fail(({ headers }) =>
      headers["if-match"] === undefined ? undefined : { kind: "pretended success" },
    );

    const put = store.put("manifest", text("1"), { ifVersion: null });

    await expect(put).rejects.toMatchObject({
      code: "STORE_UNSUPPORTED",
      message: `${proxy.url} takes no notice of If-Match, so two runs could overwrite each other's work in s3://${bucket.name}/`,
    });
    expect(await keysOf(store)).toEqual([]);
    expect((await store.check()).detail).toContain("conditional put: ");
  });

  test("that does not know conditions is refused", async () => {
    await using world = await openWorld(server);
    world.proxy.fail(({ headers }) =>
      headers["if-none-match"] === undefined
        ? undefined
        : { kind: "answer", status: 501, code: "NotImplemented", message: "If-None-Match" },
    );

    const put = world.store.put("manifest", text("1"), { ifVersion: null });

    await expect(put).rejects.toMatchObject({ code: "STORE_UNSUPPORTED" });
  });

  test("is asked for its conditions once", async () => {
    await using world = await openWorld(server);
    for (const key of ["a", "b", "c"]) await world.store.put(key, text(key), { ifVersion: null });

    expect(world.proxy.requests.filter(isPut).length).toBe(3 + 3);
  });

  test("is sent no more checksums when it says that it does not know them", async () => {
    await using world = await openWorld(server);
    const { store, proxy } = world;
    proxy.fail(({ headers }) =>
      headers["x-amz-checksum-crc32"] === undefined
        ? undefined
        : {
            ...{ kind: "answer", status: 501, code: "NotImplemented" },
            message:
              "A header you provided implies functionality that is not implemented: x-amz-checksum-crc32",
          },
    );

    for (const key of ["a", "b"]) await write(store, key, 9);
    await write(store, "c", partBytes + 9);

    const refused = proxy.requests.filter(({ headers }) => headers["x-amz-checksum-crc32"] !== undefined);
    expect(refused.length).toBe(1);
    expect((await contentOf(store, "c")).equals(pattern(partBytes + 9))).toBe(true);
  });

  test("is sent checksums all the same when the settings insist", async () => {
    await using world = await openWorld(server, { checksums: "always" });
    const message = "not implemented: x-amz-checksum-crc32";
    world.proxy.fail(() => ({ kind: "answer", status: 501, code: "NotImplemented", message }));

    await expect(write(world.store, "a", 9)).rejects.toMatchObject({ code: "STORE_FAILED" });
  });
});

interface World extends AsyncDisposable {
  readonly bucket: TestBucket;
  readonly proxy: FaultyProxy;
  readonly store: Store;
}

async function openWorld(server: TestS3Server, options: Partial<S3StoreOptions> = {}): Promise<World> {
  const bucket = await server.bucket();
  const proxy = await openFaultyProxy(server.endpointUrl);
  const store = await openS3Store({
    ...bucket.storeOptions,
    endpointUrl: proxy.url,
    partSizes: { smallest: partBytes, largestInMemory: partBytes },
    ...options,
  });
  return {
    bucket,
    proxy,
    store,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await bucket[Symbol.asyncDispose]();
    },
  };
}

/** A server that stalls is given up soon; that a slow machine looks like one then does no harm. */
function patienceWith(fault: Fault): Partial<S3Patience> {
  return fault.kind === "stall" ? { stallMillis: 1_000 } : {};
}

function text(content: string): Uint8Array {
  return Buffer.from(content);
}

function pattern(byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount);
  for (let i = 0; i + 4 <= byteCount; i += 4) bytes.writeUInt32LE(i, i);
  return bytes;
}

async function write(
  store: Store,
  key: string,
  byteCount: number,
): Promise<{ byteCount: number; version: string }> {
  const writer = await store.create(key);
  await writer.write(pattern(byteCount));
  return writer.close();
}

async function contentOf(store: Store, key: string): Promise<Buffer> {
  return Buffer.from((await store.get(key))?.bytes ?? []);
}

async function keysOf(store: Store): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
}

async function uploadsOf({ client, name }: TestBucket): Promise<readonly string[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }));
  return Uploads.map(({ Key = "" }) => Key);
}
