import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PageFactory } from "../../../src/encoders/parquet/page-factory.ts";
import { ParquetFile } from "../../../src/encoders/parquet/parquet-file.ts";
import { openZstd } from "../../../src/encoders/parquet/zstd.ts";
import { batchesOf, details, endingRowGroup, schemaOf } from "./parquet-in-memory.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => {
  unhandled.push(reason);
};

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});

afterEach(() => {
  process.off("unhandledRejection", note);
});

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

const schema = schemaOf({ id: { kind: "int32" }, name: { kind: "text" }, note: { kind: "text" } });
const rows = Array.from({ length: 9000 }, (_, row) => row);
const columns = [rows, rows.map((row) => `name ${row % 20}`), rows.map((row) => `note ${row}`)];
const failure = new Error("zstd is out of memory");

/** Writes a file whose n-th page cannot be compressed, later than those behind it; returns how that ended. */
async function write(failAt: number, batchRows: number, lateness: number): Promise<unknown> {
  const zstd = openZstd();
  let count = 0;
  await using factory = new PageFactory(async (bytes) => {
    if (++count !== failAt) return zstd(bytes);
    await turns(lateness);
    throw failure;
  });
  const hints = schema.columns.map(() => ({ worthDictionary: true }));
  const file = new ParquetFile(schema, { write: async () => undefined }, details, factory, hints);
  try {
    let number = 0;
    for (const batch of batchesOf(schema, columns, batchRows)) {
      await file.append(++number % 3 === 0 ? endingRowGroup(batch) : batch);
    }
    await file.finish();
    return "finished";
  } catch (error) {
    return error;
  } finally {
    await turns(20);
  }
}

describe("a page that cannot be compressed ends the file with its error, which nobody else hears of", () => {
  for (const batchRows of [9000, 4000, 250]) {
    for (const lateness of [0, 3]) {
      test(`in batches of ${batchRows} rows, ${lateness} turns late`, async () => {
        let failAt = 1;
        for (; failAt < 100; failAt++) {
          const ended = await write(failAt, batchRows, lateness);
          if (ended === "finished") break;
          expect(ended).toBe(failure);
        }

        // Of every file, each page failed once.
        expect(failAt).toBeGreaterThan(4);
        expect(unhandled).toEqual([]);
      });
    }
  }
});

test("every page that fails is heard of, also when all do", async () => {
  await using factory = new PageFactory(async () => {
    throw failure;
  });
  const hints = schema.columns.map(() => ({ worthDictionary: true }));
  const file = new ParquetFile(schema, { write: async () => undefined }, details, factory, hints);
  for (const batch of batchesOf(schema, columns, 100)) {
    await file.append(batch).catch((error: unknown) => expect(error).toBe(failure));
  }

  await expect(file.finish()).rejects.toBe(failure);
  await turns(20);
  expect(unhandled).toEqual([]);
});

test("a sink that fails ends the file with its error", async () => {
  const full = new Error("disk full");
  for (const failAt of [1, 2, 3, 4]) {
    await using factory = new PageFactory(openZstd());
    let count = 0;
    const sink = {
      write: async () => {
        if (++count === failAt) throw full;
      },
    };
    const hints = schema.columns.map(() => ({ worthDictionary: true }));
    const file = new ParquetFile(schema, sink, details, factory, hints);
    for (const batch of batchesOf(schema, columns, 9000)) await file.append(batch);

    await expect(file.finish()).rejects.toBe(full);
  }
  await turns(20);
  expect(unhandled).toEqual([]);
});
