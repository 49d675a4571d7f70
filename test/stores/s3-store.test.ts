import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { type ManifestTable, readManifest, updateManifest } from "../../src/lake/manifest.ts";
import { atMost } from "../../src/stores/at-most.ts";
import { openS3Store } from "../../src/stores/s3/s3-store.ts";
import type { Store } from "../../src/stores/store.ts";
import { describeStore } from "../contracts/store-contract.ts";
import { describeOnS3 } from "../services/s3-server.ts";

describeOnS3("A bucket", (server) => {
  describeStore("A bucket", async () => openS3Store((await server.bucket()).storeOptions), {
    versionsTellContent: true,
  });

  test("keeps keys exactly as they are, in every method", async () => {
    await using bucket = await server.bucket();
    const store = await openS3Store(bucket.storeOptions);
    const keys = [
      ...[
        "a b/c  d",
        "plus+plus",
        "percent%25%2F%",
        "a=b=c",
        "a=/x",
        "ñandú/日本/🎓",
        "cafe\u0301",
        "caf\u00e9",
      ],
      ...[
        "quote'\"",
        "amp&lt;<>",
        "semi;comma,",
        "~!*()@$",
        "hash#question?x=y",
        "back\\slash",
        "nbsp\u00a0",
        "[x]{y}|^`",
      ],
    ];

    for (const key of keys) await store.put(`t/${key}`, Buffer.from(key));
    const listed = await keysOf(store, "t/");
    for (const key of keys) await store.move(`t/${key}`, `u/${key}`);
    const contents = await Promise.all(keys.map(async (key) => (await store.get(`u/${key}`))?.bytes));
    const [first = "", ...others] = keys.map((key) => `u/${key}`);
    await store.remove([first]);
    const left = await keysOf(store, "");
    await store.remove(others);

    expect(listed.sort()).toEqual(keys.map((key) => `t/${key}`).sort());
    expect(contents.map((bytes) => Buffer.from(bytes ?? []).toString())).toEqual(keys);
    expect(left.sort()).toEqual([...others].sort());
    expect(await keysOf(store, "")).toEqual([]);
  });

  test("lists ten thousand keys, each once and in order, and removes them", async () => {
    await using bucket = await server.bucket();
    const store = await openS3Store(bucket.storeOptions);
    const keys = Array.from({ length: 10_000 }, (_, i) => `t/n=${String(i).padStart(5, "0")}/a b+c.parquet`);
    const limit = atMost(32);
    await Promise.all(keys.map((key) => limit(() => store.put(key, Buffer.from("x")))));
    await store.put("t_old/x", Buffer.from("x"));

    const listed = await keysOf(store, "t/");
    await store.remove([...keys, "t/never/was"]);

    expect(listed).toEqual(keys);
    expect(await keysOf(store, "")).toEqual(["t_old/x"]);
  }, 240_000);

  test("of twenty writers who race for one manifest, each gets its turn and none overwrites another", async () => {
    await using bucket = await server.bucket();
    const lake = { basePrefix: "openedx", basePartition: [] };
    const stores = await Promise.all(Array.from({ length: 20 }, () => openS3Store(bucket.storeOptions)));

    await Promise.all(
      stores.map((store, i) =>
        updateManifest(store, lake, (current) => ({
          ...current,
          tables: new Map([...current.tables, [`t${i}`, emptyTable(`t${i}`)]]),
        })),
      ),
    );

    const [store] = stores as [Store];
    const { manifest } = await readManifest(store, lake);
    expect(manifest.generation).toBe(20);
    expect([...manifest.tables.keys()].sort()).toEqual(stores.map((_, i) => `t${i}`).sort());
    expect(await keysOf(store, "")).toEqual(["openedx/_panorama/manifest.json"]);
  });

  test("of twenty first writers one wins and the others are told", async () => {
    await using bucket = await server.bucket();
    const stores = await Promise.all(Array.from({ length: 20 }, () => openS3Store(bucket.storeOptions)));

    const results = await Promise.allSettled(
      stores.map((store, i) => store.put("m", Buffer.from(`${i}`), { ifVersion: null })),
    );

    const won = results.flatMap(({ status }, i) => (status === "fulfilled" ? [`${i}`] : []));
    const lost = results.flatMap((result) =>
      result.status === "rejected" ? [(result.reason as { code: string }).code] : [],
    );
    expect(won).toEqual([Buffer.from((await stores[0]?.get("m"))?.bytes ?? []).toString()]);
    expect(new Set(lost)).toEqual(new Set(["STORE_CONFLICT"]));
  });

  test.runIf(server.extras)("keeps encryption, storage class and tags, also when it moves", async () => {
    await using bucket = await server.bucket();
    const { kmsKeyId = "", storageClass = "" } = server.extras ?? {};
    const tags = { team: "data & insight", "cost centre": "ñ=1+1" };
    const traits = { sse: "aws:kms", kmsKeyId, storageClass, tags } as const;
    const store = await openS3Store({ ...bucket.storeOptions, ...traits, copyBytes: 6 << 20 });
    const writer = await store.create("t/large");
    await writer.write(new Uint8Array(9 << 20));
    await writer.close();
    const small = await store.create("t/small");
    await small.close();

    await store.put("m", Buffer.from("1"), { ifVersion: null });
    for (const name of ["large", "small"]) await store.move(`t/${name}`, `u/${name}`);

    for (const key of ["m", "u/large", "u/small"]) {
      const object = { Bucket: bucket.name, Key: key };
      const head = await bucket.client.send(new HeadObjectCommand(object));
      const { TagSet = [] } = await bucket.client.send(new GetObjectTaggingCommand(object));
      expect(head).toMatchObject({
        ServerSideEncryption: "aws:kms",
        SSEKMSKeyId: kmsKeyId,
        StorageClass: storageClass,
      });
      expect(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]))).toEqual(tags);
    }
    expect(await keysOf(store, "t/")).toEqual([]);
  });

  test("moves what is too large for one copy in parts, and again", async () => {
    await using bucket = await server.bucket();
    const store = await openS3Store({ ...bucket.storeOptions, copyBytes: 5 << 20 });
    const bytes = Buffer.alloc((12 << 20) + 9, "pattern of thirteen");
    const writer = await store.create("t/a b+c/large");
    await writer.write(bytes);
    await writer.close();

    await store.move("t/a b+c/large", "u/ñ/large");
    await store.move("t/a b+c/large", "u/ñ/large");

    const [moved, ...others] = await listed(store, "");
    expect([moved?.key, others]).toEqual(["u/ñ/large", []]);
    expect(moved?.version).toMatch(/-3$/);
    expect(bytes.equals((await store.get("u/ñ/large"))?.bytes ?? new Uint8Array())).toBe(true);
    const { Uploads } = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name }));
    expect(Uploads).toBeUndefined();
  });

  test("does not list the folders that consoles make", async () => {
    await using bucket = await server.bucket();
    await bucket.client.send(
      new PutObjectCommand({
        Bucket: bucket.name,
        Key: "t/folder/",
        Body: Buffer.alloc(0),
        ContentLength: 0,
      }),
    );
    const store = await openS3Store(bucket.storeOptions);
    await store.put("t/folder/x", Buffer.from("1"));

    expect(await keysOf(store, "t/")).toEqual(["t/folder/x"]);
  });
});

function emptyTable(table: string): ManifestTable {
  return {
    table,
    ...{ source: "shop", columns: [], key: [], partitionColumns: [], format: "parquet", load: undefined },
    definitions: { raw: true, view: true, rawName: `${table}_raw`, viewName: table },
    ...{ slices: [], replaced: [], removals: [] },
  };
}

async function listed(store: Store, prefix: string): Promise<{ key: string; version: string }[]> {
  const objects = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  return (await listed(store, prefix)).map(({ key }) => key);
}
