import { afterAll, describe, test } from "vitest";
import { parquetEncoder } from "../../../src/encoders/parquet/parquet-encoder.ts";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import type { RecordBatch } from "../../../src/table/record-batch.ts";
import { type SeededRandom, seededRandom } from "../../seeded-random.ts";
import { batchOf, details, endingRowGroup, schemaOf, writeFile } from "./parquet-in-memory.ts";
import { expectColumns, openDuckdbReader } from "./parquet-readers.ts";

const duckdb = await openDuckdbReader();
afterAll(() => duckdb[Symbol.asyncDispose]());

function randomType(random: SeededRandom): ColumnType {
  const kind = random.pick([
    ...(["int32", "int64", "float", "double", "date", "timestamp", "decimal"] as const),
    ...(["text", "text", "text", "bytes"] as const),
  ]);
  if (kind !== "decimal") return { kind };
  const precision = 1 + random.below(38);
  return { kind, precision, scale: random.below(precision + 1) };
}

/** Values of one temper: few different ones, runs, growing, or anything. */
function randomColumn(random: SeededRandom, type: ColumnType, rowCount: number): readonly ColumnValue[] {
  const nulls = random.pick([0, 0, 1, 9, 10]);
  const distinct = random.pick([1, 2, 5, 100, Number.POSITIVE_INFINITY]);
  const known: ColumnValue[] = [];
  let run = 0;
  let value: ColumnValue = null;
  return Array.from({ length: rowCount }, () => {
    if (run-- <= 0) {
      run = random.chance(1, 5) ? random.below(40) : 0;
      if (known.length < distinct) known.push(randomValue(random, type));
      value = distinct === Number.POSITIVE_INFINITY ? (known.at(-1) ?? null) : random.pick(known);
    }
    return random.chance(nulls, 10) ? null : value;
  });
}

function randomValue(random: SeededRandom, type: ColumnType): ColumnValue {
  switch (type.kind) {
    case "int32":
      return Number(random.integer(1 + random.below(32)));
    case "int64":
      return random.integer(1 + random.below(64));
    case "timestamp":
      return random.integer(57);
    case "date":
      return random.below(3_652_424) - 719_528;
    case "float":
      return Math.fround(Number(random.integer(40)) / 1000);
    case "double":
      return Number(random.integer(60)) / 1e7;
    case "decimal":
      return random.integer(100) % 10n ** BigInt(type.precision);
    case "text":
      return randomText(random);
    case "bytes":
      return random.bytes(random.below(random.pick([1, 4, 40, 400])));
  }
}

function randomText(random: SeededRandom): string {
  const alphabet = random.pick(["ab", "0123456789abcdef", 'é🎓שa\0\n"\\']);
  const letters = [...alphabet];
  return Array.from({ length: random.below(random.pick([1, 3, 20, 300])) }, () => random.pick(letters)).join(
    "",
  );
}

function* randomBatches(
  random: SeededRandom,
  rowCount: number,
  batch: (from: number, to: number) => RecordBatch,
): Generator<RecordBatch> {
  for (let from = 0; from < rowCount; ) {
    const to = Math.min(rowCount, from + random.pick([1, 7, 8, 9, 63, 64, 65, 700, 5000]));
    yield random.chance(1, 8) ? endingRowGroup(batch(from, to)) : batch(from, to);
    from = to;
  }
}

describe("whatever a table holds comes back", () => {
  for (let seed = 1; seed <= 40; seed++) {
    test(`seed ${seed}`, async () => {
      const random = seededRandom(seed * 7919);
      const types = Array.from({ length: 1 + random.below(7) }, () => randomType(random));
      const schema = schemaOf(Object.fromEntries(types.map((type, i) => [`column ${i}`, type])));
      await using table = await parquetEncoder.openTable(schema, details);

      // Several files, since a table's files share what they know and the memory they use.
      for (let file = 0; file < 2; file++) {
        const rowCount = random.pick([1, 8, 65, 400, 3000, 6000]);
        const columns = types.map((type) => randomColumn(random, type, rowCount));
        const batches = randomBatches(random, rowCount, (from, to) => batchOf(schema, columns, from, to));

        const { bytes } = await writeFile(table, schema, batches);

        await expectColumns(duckdb, bytes, schema, columns);
      }
    });
  }
});
