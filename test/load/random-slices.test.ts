import { describe, expect, test } from "vitest";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { type SeededRandom, seededRandom } from "../seeded-random.ts";
import { expectedSlices, load, type Row, storedSlices, temporaryStore } from "./table-in-memory.ts";
import type { TableInMemory } from "./table-in-memory.ts";

const types: Readonly<Record<string, ColumnType>> = {
  id: { kind: "int32" },
  big: { kind: "int64" },
  wide: { kind: "decimal", precision: 30, scale: 5 },
  real: { kind: "double" },
  name: { kind: "text" },
  blob: { kind: "bytes" },
  day: { kind: "date" },
};

const randomValue: Readonly<Record<string, (random: SeededRandom, row: number) => ColumnValue>> = {
  id: (_, row) => row,
  big: (random) => random.integer(64),
  wide: (random) => random.integer(90),
  real: (random) => random.below(1_000_000) / 7,
  name: (random) => "é".repeat(random.below(random.chance(1, 50) ? 900 : 12)),
  blob: (random) => random.bytes(random.below(9)),
  day: (random) => random.below(30_000),
};

function randomRows(
  random: SeededRandom,
  rowCount: number,
  parts: (row: number) => Row,
  nullable = true,
): readonly Row[] {
  return Array.from({ length: rowCount }, (_, row) => [
    ...Object.values(randomValue).map((value) =>
      nullable && random.chance(1, 6) ? null : value(random, row),
    ),
    ...parts(row),
  ]);
}

async function expectWhole(table: TableInMemory): Promise<number> {
  await using lake = await temporaryStore();
  const loaded = await load(lake.store, table);

  expect(loaded.rowCount).toBe(table.rows.length);
  expect(await storedSlices(lake.store, table, loaded)).toEqual(expectedSlices(table));
  return loaded.slices.length;
}

describe("every row is in its slice once, whole and in order", () => {
  for (let seed = 1; seed <= 12; seed++) {
    test(`in a random table (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const nullable = random.chance(1, 2);
      const partTypes = {
        a: { kind: "text" },
        b: { kind: "int32" },
        c: { kind: "decimal", precision: 20, scale: 0 },
      } as const;
      const partitionBy = ["a", "b", "c"].slice(0, 1 + random.below(3));
      const counts = [1 + random.below(6), 1 + random.below(4), 1 + random.below(3)];
      const part = (c: number): number | null =>
        nullable && random.chance(1, 8) ? null : random.below(counts[c] as number);
      const partsOf = (): Row => {
        const [a, b, c] = [part(0), part(1), part(2)];
        return [a === null ? null : "x".repeat(a), b, c === null ? null : BigInt(c)];
      };
      const rows = randomRows(random, random.below(1500), partsOf, nullable);
      const batchRows = random.pick([1, 7, 64, 500, 2000]);

      await expectWhole({ types: { ...types, ...partTypes }, rows, partitionBy, batchRows, nullable });
    });
  }

  test("in a table of 700 slices, of which few have most rows", async () => {
    const random = seededRandom(99);
    const rows = randomRows(random, 4000, (row) => [
      row < 700 ? row : Math.floor(random.below(1000) ** 3 / 1e6 / 20),
    ]);

    const count = await expectWhole({
      types: { ...types, part: { kind: "int32" } },
      rows,
      partitionBy: ["part"],
    });

    expect(count).toBe(700);
  });

  test("in a table sorted by slice", async () => {
    const rows = randomRows(seededRandom(5), 3000, (row) => [Math.floor(row / 300)]);

    await expectWhole({
      types: { ...types, part: { kind: "int32" } },
      rows,
      partitionBy: ["part"],
      batchRows: 128,
    });
  });

  test("in a table whose slices are handed on many times", async () => {
    const random = seededRandom(6);
    // 40 KB a row: the slices have to hand theirs on long before the end.
    const filler = "x".repeat(40_000);
    const rows = Array.from(
      { length: 2500 },
      (_, id): Row => [
        id,
        random.chance(1, 3) ? null : filler.slice(0, 20_000 + random.below(20_000)),
        random.chance(1, 2) ? null : -1 - id,
        random.below(5),
      ],
    );

    await expectWhole({
      types: {
        id: { kind: "int32" },
        essay: { kind: "text" },
        low: { kind: "int32" },
        part: { kind: "int32" },
      },
      ...{ rows, partitionBy: ["part"], batchRows: 100 },
    });
  });
});
