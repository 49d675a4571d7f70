import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { PanoramaError } from "../../src/errors.ts";
import type { Store } from "../../src/stores/store.ts";
import type { RecordBatch } from "../../src/table/record-batch.ts";
import { batchesOfTable, load, type Row, type TableInMemory, temporaryStore } from "./table-in-memory.ts";

type Step = "create" | "write" | "close" | "abort";

/** A real store whose disk is full at the n-th of some step. */
function fullAt(store: Store, failing: Step, nth: number): Store {
  let done = 0;
  const pass = async (step: Step): Promise<void> => {
    if (step === failing && ++done >= nth) throw new PanoramaError("STORE_FULL", "No space is left");
  };
  return {
    ...store,
    async create(key) {
      await pass("create");
      const writer = await store.create(key);
      return {
        write: async (bytes) => {
          await pass("write");
          await writer.write(bytes);
        },
        close: async () => {
          await pass("close");
          return writer.close();
        },
        abort: async () => {
          await writer.abort();
          await pass("abort");
        },
      };
    },
  };
}

async function* breakingOff(table: TableInMemory, afterBatches: number): AsyncGenerator<RecordBatch> {
  let count = 0;
  for await (const batch of batchesOfTable(table)) {
    if (count++ === afterBatches) throw new PanoramaError("SOURCE_CUT_SHORT", "The connection ended");
    yield batch;
  }
}

/** Hidden files that a writer leaves aside included. */
async function everythingIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
}

const rows = Array.from({ length: 3000 }, (_, id): Row => [id, `course ${id % 30}`, "x".repeat(id % 200)]);
const table: TableInMemory = {
  types: { id: { kind: "int32" }, course: { kind: "text" }, note: { kind: "text" } },
  ...{ rows, partitionBy: ["course"], batchRows: 250 },
};
const tables: Readonly<Record<string, TableInMemory>> = {
  "a partitioned table": table,
  "a whole table": { ...table, partitionBy: [] },
  "a partitioned table in CSV": { ...table, format: "csv" },
  "a whole table in CSV": { ...table, partitionBy: [], format: "csv" },
};

for (const [name, world] of Object.entries(tables)) {
  describe(`${name} that fails leaves nothing behind`, () => {
    for (const afterBatches of [0, 1, 11]) {
      test(`when its source breaks off after ${afterBatches} batches`, async () => {
        await using lake = await temporaryStore();

        const loading = load(lake.store, { ...world, batches: breakingOff(world, afterBatches) });

        await expect(loading).rejects.toMatchObject({ code: "SOURCE_CUT_SHORT" });
        expect(await everythingIn(lake.folder)).toEqual([]);
      });
    }

    const steps: readonly (readonly [Step, number])[] = [
      ...([
        ["create", 1],
        ["write", 1],
        ["write", 2],
        ["close", 1],
      ] as const),
      ...(world.partitionBy.length > 0
        ? ([
            ["create", 20],
            ["write", 50],
            ["close", 20],
          ] as const)
        : []),
    ];
    for (const [step, nth] of steps) {
      test(`when its store fails at ${step} ${nth}`, async () => {
        await using lake = await temporaryStore();

        const loading = load(fullAt(lake.store, step, nth), world);

        await expect(loading).rejects.toMatchObject({ code: "STORE_FULL" });
        expect(await everythingIn(lake.folder)).toEqual([]);
      });
    }

    test("and tells the first failure, also when giving up fails as well", async () => {
      await using lake = await temporaryStore();
      const store = fullAt(lake.store, "abort", 1);

      const loading = load(store, { ...world, batches: breakingOff(world, 5) });

      await expect(loading).rejects.toMatchObject({ code: "SOURCE_CUT_SHORT" });
    });
  });
}

test("files that were there before a failed load are left alone", async () => {
  await using lake = await temporaryStore();
  await load(lake.store, { ...table, firstFileNumber: 5 });
  const before = await everythingIn(lake.folder);

  await expect(load(fullAt(lake.store, "close", 20), table)).rejects.toMatchObject({ code: "STORE_FULL" });

  expect((await everythingIn(lake.folder)).toSorted()).toEqual(before.toSorted());
  expect(before).toHaveLength(30);
});
