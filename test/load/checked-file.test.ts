import { describe, expect, test } from "vitest";
import { csvEncoder } from "../../src/encoders/csv/csv-encoder.ts";
import type { ByteSink, Encoder, FileEncoder } from "../../src/encoders/encoder.ts";
import { parquetEncoder } from "../../src/encoders/parquet/parquet-encoder.ts";
import type { PanoramaError } from "../../src/errors.ts";
import { CheckSample } from "../../src/load/check-sample.ts";
import { loadRows } from "../../src/load/load-rows.ts";
import type { Store } from "../../src/stores/store.ts";
import type { ColumnData, RecordBatch } from "../../src/table/record-batch.ts";
import { details } from "../encoders/parquet/parquet-in-memory.ts";
import {
  batchesOfTable,
  keysIn,
  load,
  place,
  type Row,
  schemaOfTable,
  type TableInMemory,
  temporaryStore,
} from "./table-in-memory.ts";

const rows = Array.from(
  { length: 50 },
  (_, id): Row => [id, `course ${id % 3}`, id % 7 === 0 ? null : `note ${id}`],
);
const table: TableInMemory = {
  types: { id: { kind: "int32" }, course: { kind: "text" }, note: { kind: "text" } },
  ...{ rows, partitionBy: [], batchRows: 20 },
};

/** An encoder that makes a mistake: with the batches that it gets, or the bytes that it writes. */
function mistaken(
  encoder: Encoder,
  mistake: {
    readonly batch?: (batch: RecordBatch) => RecordBatch;
    readonly sink?: (sink: ByteSink) => ByteSink;
  },
): Encoder {
  const { batch: change = (batch) => batch, sink: bend = (sink) => sink } = mistake;
  return {
    ...encoder,
    async openTable(schema, fileDetails) {
      const opened = await encoder.openTable(schema, fileDetails);
      return {
        openFile(sink): FileEncoder {
          const file = opened.openFile(bend(sink));
          return {
            get byteCount() {
              return file.byteCount;
            },
            append: (batch) => file.append(change(batch)),
            finish: () => file.finish(),
          };
        },
        [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
      };
    },
  };
}

/** Changes one column of the batches. */
function inColumn(position: number, change: (data: ColumnData) => ColumnData) {
  return (batch: RecordBatch): RecordBatch => ({
    ...batch,
    columns: batch.columns.map((data, i) => (i === position ? change(data) : data)),
  });
}

async function loadBy(store: Store, encoder: Encoder, of: TableInMemory = table): Promise<unknown> {
  return loadRows({
    ...{ schema: schemaOfTable(of), partitionColumns: of.partitionBy, batches: batchesOfTable(of), encoder },
    ...{ details, check: of.check ?? "all", firstFileNumber: 0, onProgress: () => undefined },
    target: { store, place, format: encoder.format, table: "things", run: details.run },
  });
}

const swapFirstTwo = inColumn(0, ({ values, ...data }) => {
  const swapped = values.slice();
  swapped.copyWithin(0, 4, 8);
  swapped.set(values.subarray(0, 4), 4);
  return { ...data, values: swapped };
});

/** The NULL of the first row comes to the second, whose value comes to the first. */
const moveNull = inColumn(2, ({ nulls, ...data }) => {
  const moved = nulls?.slice();
  if (moved?.[0] === 1) moved.copyWithin(0, 1, 2).fill(1, 1, 2);
  return { ...data, nulls: moved };
});

const countNulls = inColumn(0, (data) => ({ ...data, nullCount: 1 }));

const loseRow = (batch: RecordBatch): RecordBatch => ({ ...batch, rowCount: batch.rowCount - 1 });

const flipBit =
  (at: number) =>
  (sink: ByteSink): ByteSink => {
    let offset = 0;
    return {
      write: (bytes) => {
        const copy = new Uint8Array(bytes);
        if (at >= offset && at < offset + copy.length)
          copy[at - offset] = (copy[at - offset] as number) ^ 0x10;
        offset += bytes.length;
        return sink.write(copy);
      },
    };
  };

describe("An encoder's mistake is found before anything is published", () => {
  test.each<[what: string, encoder: Encoder, message: RegExp]>([
    [
      "two values that it swaps",
      mistaken(parquetEncoder, { batch: swapFirstTwo }),
      /column id has other values than were read$/,
    ],
    [
      "a NULL at another row",
      mistaken(parquetEncoder, { batch: moveNull }),
      /column note has other values than were read$/,
    ],
    [
      "NULLs that it states in the footer alone",
      mistaken(parquetEncoder, { batch: countNulls }),
      /column id states 3 NULLs, and 0 were read$/,
    ],
    ["a row that it loses", mistaken(parquetEncoder, { batch: loseRow }), /column id|rows/],
    [
      "a row of CSV that it loses",
      mistaken(csvEncoder, { batch: loseRow }),
      /it has 47 rows, and 50 were read$/,
    ],
    ["a bit of a page", mistaken(parquetEncoder, { sink: flipBit(60) }), /column id/],
    ["the beginning of the file", mistaken(parquetEncoder, { sink: flipBit(2) }), /it is no Parquet file$/],
  ])("%s", async (_, encoder, message) => {
    await using lake = await temporaryStore();

    const error = await loadBy(lake.store, encoder).catch((cause: unknown) => cause as PanoramaError);

    expect(error).toMatchObject({ code: "FILE_WRONG", details: { table: "things", source: "lms" } });
    expect((error as PanoramaError).message).toMatch(message);
    expect((error as PanoramaError).message).toMatch(
      /^The file things\/\S+ of table things is not what was to be/,
    );
    expect(await keysIn(lake.store)).toEqual([]);
  });

  test("in one of many slices, too", async () => {
    await using lake = await temporaryStore();
    const encoder = mistaken(parquetEncoder, { batch: swapFirstTwo });

    const loading = loadBy(lake.store, encoder, { ...table, partitionBy: ["course"] });

    await expect(loading).rejects.toMatchObject({ code: "FILE_WRONG", details: { column: "id" } });
    expect(await keysIn(lake.store)).toEqual([]);
  });

  test("a store that keeps fewer bytes than it was given", async () => {
    await using lake = await temporaryStore();
    const short: Store = {
      ...lake.store,
      async create(key) {
        const writer = await lake.store.create(key);
        return {
          ...{ write: (bytes) => writer.write(bytes), abort: () => writer.abort() },
          close: async () => {
            const stored = await writer.close();
            return { ...stored, byteCount: stored.byteCount - 1 };
          },
        };
      },
    };

    const loading = loadBy(short, parquetEncoder);

    await expect(loading).rejects.toThrow(
      /of table things is not .*: \d+ bytes are stored, and \d+ were written$/,
    );
    expect(await keysIn(lake.store)).toEqual([]);
  });
});

test.each(["parquet", "csv"] as const)(
  "a load of %s has a receipt for each file of each slice",
  async (format) => {
    await using lake = await temporaryStore();

    const { slices, receipts } = await load(lake.store, { ...table, partitionBy: ["course"], format });

    const files = slices.flatMap((slice) => slice.files);
    expect(receipts.map(({ key, rowCount, byteCount }) => ({ key, rowCount, byteCount }))).toEqual(
      files.map(({ key, rowCount, byteCount }) => ({ key, rowCount, byteCount })),
    );
    const nulls = receipts.map(({ rows: read }) => read?.columns.map(({ nullCount }) => nullCount));
    expect(nulls).toEqual(
      format === "csv"
        ? [undefined, undefined, undefined]
        : [
            [0, 3],
            [0, 3],
            [0, 2],
          ],
    );
  },
);

describe("What is read back", () => {
  const all = [0, 1, 2, 3];
  const chosen = (sample: CheckSample, byteCount: number): readonly number[] =>
    all.filter(sample.choose(all.length, byteCount));

  test("is everything of small tables, and one column of each further row group", () => {
    const random = [0.3, 0.99];
    const sample = new CheckSample("sample", () => random.shift() ?? 0);

    expect(chosen(sample, 3 << 20)).toEqual(all);
    expect(chosen(sample, 3 << 20)).toEqual([1]);
    expect(chosen(sample, 1 << 20)).toEqual(all);
    expect(chosen(sample, 64 << 20)).toEqual([3]);
    expect(chosen(sample, 1)).toEqual([0]);
  });

  test("is everything of everything where the settings say so", () => {
    const sample = new CheckSample("all");

    expect([chosen(sample, 64 << 20), chosen(sample, 64 << 20)]).toEqual([all, all]);
  });

  test("of one column only is right as well, behind rows that were not read", async () => {
    async function* large(): AsyncGenerator<RecordBatch> {
      for await (const batch of batchesOfTable({ ...table, batchRows: 10 })) {
        // Each batch ends a row group, as after 64 MB.
        yield { ...batch, byteCount: 64 << 20 };
      }
    }
    // By chance each column in turn.
    for (let attempt = 0; attempt < 6; attempt++) {
      await using lake = await temporaryStore();
      const { rowCount } = await load(lake.store, { ...table, batches: large(), check: "sample" });
      expect(rowCount).toBe(50);
    }
  });
});
