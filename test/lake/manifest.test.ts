import { describe, expect, test } from "vitest";
import { defineTables, undefineTables } from "../../src/lake/definitions.ts";
import { lakeTables } from "../../src/lake/lake-tables.ts";
import {
  type LakeManifest,
  type ManifestFile,
  readManifest,
  saveManifest,
  updateManifest,
  withTables,
} from "../../src/lake/manifest.ts";
import { planPublication } from "../../src/lake/plan-publication.ts";
import { manifestKey } from "../../src/stores/lake-path.ts";
import { atNoon, contentOf, describeLoad, lake, temporaryLake } from "./lake-world.ts";

const empty: LakeManifest = { generation: 0, tables: new Map() };
const key = "openedx/orders/lms=lms.example.com/country=ar/r/part-00000.parquet";
const orders = {
  ...describeLoad("orders"),
  rowCount: 3,
  slices: [
    { partition: [{ column: "country", value: "ar" }], files: [{ key, byteCount: 10, rowCount: 2 }] },
    { partition: [{ column: "country", value: null }], files: [] },
  ],
};

describe("A manifest", () => {
  test("of a lake that was never published to is empty", async () => {
    await using world = await temporaryLake();

    expect(await readManifest(world.store, lake)).toEqual({ manifest: empty, version: null });
  });

  test("reads back as it was saved, with every column type", async () => {
    await using world = await temporaryLake();
    const kinds = ["int32", "int64", "float", "double", "date", "timestamp", "text", "bytes"] as const;
    const columns = [
      ...kinds.map((kind) => ({ name: kind, type: { kind }, nullable: true, nativeType: `native ${kind}` })),
      {
        name: "d",
        type: { kind: "decimal", precision: 38, scale: 10 },
        nullable: false,
        nativeType: "decimal",
      },
    ] as const;
    const oddName = "__proto__";
    const odd = { ...orders, schema: { ...orders.schema, table: oddName, columns } };
    const planned = planPublication(empty, [orders, odd], "20261124T120000Z-000000", atNoon);
    const previous = planPublication(planned, [{ ...orders, slices: [] }], "20261124T130000Z-000000", atNoon);

    const saved = await saveManifest(world.store, lake, previous, await readManifest(world.store, lake));

    expect(saved.manifest).toEqual({ ...previous, generation: 1 });
    expect(await readManifest(world.store, lake)).toEqual(saved);
    expect(saved.manifest.tables.get(oddName)?.columns).toEqual(columns);
    expect(saved.manifest.tables.get("orders")?.replaced).toEqual([
      { at: atNoon.toISOString(), files: [key] },
    ]);
  });

  test("says which keys a file has, or nothing of keys, and that a wrong key is none", async () => {
    await using world = await temporaryLake();
    const file = (name: string, keys?: object, keyDigest?: string): object => ({
      ...{ key: `${key}${name}`, byteCount: 10, rowCount: 1 },
      ...(keys === undefined ? {} : { keys }),
      ...(keyDigest === undefined ? {} : { keyDigest }),
    });
    const below = file("a", { below: "-5" }, "18446744073709551615");
    const files = [below, file("b", { from: "-5" }), file("c", {}), file("d")];
    const kept = { ...orders, slices: [{ partition: [], files: files as readonly ManifestFile[] }] };
    await saveManifest(world.store, lake, planPublication(empty, [kept], "r", atNoon), {
      manifest: empty,
      version: null,
    });

    const read = (await readManifest(world.store, lake)).manifest;
    expect(read.tables.get("orders")?.slices).toEqual(kept.slices);

    const text = (await contentOf(world.store, manifestKey(lake)))?.replace('"-5"', '"- 5"') ?? "";
    await world.store.put(manifestKey(lake), Buffer.from(text));
    await expect(readManifest(world.store, lake)).rejects.toThrow(
      /files\[0\]\.keys\.below is not an integer/,
    );
  });

  test("has a line per table", async () => {
    await using world = await temporaryLake();
    const manifest = planPublication(empty, [orders, describeLoad("customers")], "r", atNoon);

    await saveManifest(world.store, lake, manifest, { manifest: empty, version: null });

    const lines = (await contentOf(world.store, manifestKey(lake)))?.split("\n");
    expect(lines?.slice(1, 3).map((line) => line.slice(0, 20))).toEqual([
      '{"table":"customers"',
      '{"table":"orders","s',
    ]);
  });

  test("is not saved over what somebody else saved meanwhile", async () => {
    await using world = await temporaryLake();
    const read = await readManifest(world.store, lake);
    await saveManifest(world.store, lake, empty, read);

    const late = saveManifest(world.store, lake, empty, read);

    await expect(late).rejects.toMatchObject({ code: "STORE_CONFLICT" });
  });

  test("that was saved although the store said no, having been asked twice, counts as saved", async () => {
    await using world = await temporaryLake();
    const answerLost = {
      ...world.store,
      put: async (...args: Parameters<typeof world.store.put>) => {
        await world.store.put(...args);
        return world.store.put(...args);
      },
    };

    const saved = await saveManifest(answerLost, lake, empty, await readManifest(world.store, lake));

    expect(saved).toEqual(await readManifest(world.store, lake));
  });

  test("is changed again on top of what others saved first", async () => {
    await using world = await temporaryLake();
    const run = "20261124T120000Z-000000";
    const names = Array.from({ length: 12 }, (_, i) => `t${i}`);

    await Promise.all(
      names.map((name) =>
        updateManifest(world.store, lake, (current) =>
          withTables(current, planPublication(empty, [describeLoad(name)], run, atNoon).tables),
        ),
      ),
    );

    const { manifest } = await readManifest(world.store, lake);
    expect([...manifest.tables.keys()].sort()).toEqual([...names].sort());
    expect(manifest.generation).toBe(12);
  });

  test("of ten thousand slices is read and saved in one piece", async () => {
    await using world = await temporaryLake();
    const slices = Array.from({ length: 10_000 }, (_, i) => ({
      partition: [{ column: "country", value: `${i}` }],
      files: [
        {
          key: `openedx/orders/lms=lms.example.com/country=${i}/r/part-00000.parquet`,
          byteCount: i,
          rowCount: 1,
        },
      ],
    }));
    const manifest = planPublication(empty, [{ ...orders, slices }], "r", atNoon);

    await saveManifest(world.store, lake, manifest, { manifest: empty, version: null });

    const read = (await readManifest(world.store, lake)).manifest;
    expect(read.tables.get("orders")?.slices).toEqual(slices);
  });

  test.each([
    ["{ not json", /is damaged: it is not JSON\. Restore it/],
    ["[]", /is damaged: it is not an object/],
    ['{"format":"other"}', /is not the manifest of a lake of ours/],
    [
      '{"format":"panorama-lake","version":2}',
      /was written by a newer version \(its format is 2, this one reads 1\)/,
    ],
    ['{"format":"panorama-lake","version":"1"}', /is of a format that never was/],
    ['{"format":"panorama-lake","version":1,"generation":1}', /is damaged: tables is not a list/],
    [
      '{"format":"panorama-lake","version":1,"generation":-1,"tables":[]}',
      /is damaged: generation is not a count/,
    ],
    [
      '{"format":"panorama-lake","version":1,"generation":1,"tables":[{"table":"t"}]}',
      /is damaged: tables\[0\]\.source is not a text/,
    ],
  ])("that reads %s is refused, with its path and what to do", async (content, message) => {
    await using world = await temporaryLake();
    await world.store.put(manifestKey(lake), Buffer.from(content));

    const reading = readManifest(world.store, lake);

    await expect(reading).rejects.toMatchObject({ code: "LAKE_UNREADABLE" });
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(`${world.path}/openedx/_panorama/lms=…/manifest.json`);
  });

  test("whose column type is unknown is refused, naming the column's place", async () => {
    await using world = await temporaryLake();
    const manifest = planPublication(empty, [orders], "r", atNoon);
    await saveManifest(world.store, lake, manifest, { manifest: empty, version: null });
    const text = (await contentOf(world.store, manifestKey(lake)))?.replace('"int64"', '"int128"') ?? "";
    await world.store.put(manifestKey(lake), Buffer.from(text));

    await expect(readManifest(world.store, lake)).rejects.toThrow(
      /tables\[0\]\.columns\[0\]\.type is not one of int32/,
    );
  });
});

describe("A definition", () => {
  const definition = describeLoad("orders");

  test("of a table that was never loaded has no slices, and goes with its last kind", async () => {
    await using world = await temporaryLake();

    const defined = await defineTables(world.store, lake, [definition], ["raw"]);
    const both = await defineTables(world.store, lake, [definition], ["view"]);
    const one = await undefineTables(world.store, lake, ["orders", "missing"], ["raw"]);
    const none = await undefineTables(world.store, lake, ["orders"], ["raw", "view"]);

    expect(lakeTables([{ place: lake, manifest: defined }], "/lake/")).toMatchObject([
      {
        rawName: "openedx_raw_orders",
        viewName: undefined,
        columns: definition.schema.columns,
        basePartitions: ["lms"],
        partitionColumns: ["country"],
        slices: [],
      },
    ]);
    expect(both.tables.get("orders")?.definitions).toMatchObject({ raw: true, view: true });
    expect(one.tables.get("orders")?.definitions).toMatchObject({ raw: false, view: true });
    expect(none.tables.size).toBe(0);
  });

  test("of a loaded table comes and goes while its files stay", async () => {
    await using world = await temporaryLake();
    await updateManifest(world.store, lake, (current) => planPublication(current, [orders], "r", atNoon));

    const without = await undefineTables(world.store, lake, ["orders"], ["raw", "view"]);
    const again = await defineTables(world.store, lake, [definition], ["raw", "view"]);

    expect(lakeTables([{ place: lake, manifest: without }], "/lake/")).toEqual([]);
    expect(lakeTables([{ place: lake, manifest: again }], "/lake/")[0]).toMatchObject({
      rawName: "openedx_raw_orders",
      slices: [
        {
          partition: [{ column: "country", value: "ar" }],
          basePartition: lake.basePartition,
          files: [`/lake/${key}`],
        },
        { partition: [{ column: "country", value: null }], files: [] },
      ],
    });
  });

  test("that is repeated is not saved again", async () => {
    await using world = await temporaryLake();

    await defineTables(world.store, lake, [definition], ["raw"]);
    const again = await defineTables(world.store, lake, [definition], ["raw"]);

    expect(again.generation).toBe(1);
  });
});
