import { expect, test } from "vitest";
import { ByteStreams } from "../../src/load/byte-streams.ts";
import { ColumnBuilder } from "../../src/table/column-builder.ts";
import type { ColumnType, ColumnValue } from "../../src/table/column-type.ts";
import { fixedWidth } from "../../src/table/column-type.ts";
import { seededRandom } from "../seeded-random.ts";

function columnOf(type: ColumnType, values: readonly ColumnValue[]) {
  const builder = new ColumnBuilder(type);
  for (const value of values) builder.appendValue(value);
  return builder.finish();
}

test("streams give back what was scattered over them, however often they are emptied and the memory grows", () => {
  const random = seededRandom(41);
  const types: readonly ColumnType[] = [
    { kind: "int32" },
    { kind: "int64" },
    { kind: "decimal", precision: 38, scale: 0 },
    { kind: "bytes" },
  ];
  // Room for two blocks, to begin with.
  const streams = new ByteStreams(4096, random.pick([16, 256, 2048]));
  const sliceCount = 60;
  const perSlice = types.length * 2;
  streams.ensure(sliceCount * perSlice);
  const expected = Array.from({ length: sliceCount * perSlice }, (): Uint8Array[] => []);

  for (let round = 0; round < 60; round++) {
    const rowCount = random.pick([1, 5, 300]);
    const slices = Int32Array.from({ length: rowCount }, () => random.below(random.pick([2, sliceCount])));
    for (const [c, type] of types.entries()) {
      const width = fixedWidth(type);
      const valueOf = (): ColumnValue => {
        if (random.chance(1, 4)) return null;
        if (width === undefined) return random.bytes(random.below(random.pick([3, 900, 6000])));
        return width === 4 ? random.below(1000) : random.integer(width * 8 - 2);
      };
      const values = Array.from({ length: rowCount }, valueOf);
      const data = columnOf(type, values);
      const at = { values: c * 2, nulls: c * 2 + 1 };
      streams.scatterValues(data, width, slices, rowCount, perSlice, at.values);
      const nulls = data.nulls ?? new Uint8Array(rowCount);
      streams.scatterBytes(nulls, 1, slices, rowCount, perSlice, at.nulls);
      for (const [row, value] of values.entries()) {
        const first = (slices[row] as number) * perSlice;
        expected[first + at.nulls]?.push(Uint8Array.of(value === null ? 1 : 0));
        if (value !== null) expected[first + at.values]?.push(columnOf(type, [value]).values);
      }
    }
    for (let stream = 0; stream < expected.length; stream++) {
      if (!random.chance(1, 6)) continue;
      const wanted = Buffer.concat(expected[stream] ?? []);
      expect(streams.roomOf(stream, 1)).toBeGreaterThanOrEqual(wanted.length);
      const target = new Uint8Array(wanted.length + 7);
      expect(streams.take(stream, target, 7)).toBe(wanted.length);
      expect(wanted.equals(target.subarray(7))).toBe(true);
      expected[stream] = [];
    }
  }
});

test("streams that were emptied take no memory", () => {
  const streams = new ByteStreams(1 << 16, 64);
  streams.ensure(40);
  const data = columnOf({ kind: "int32" }, Array<number>(4000).fill(7));
  const slices = Int32Array.from({ length: 4000 }, (_, row) => row % 40);

  for (let round = 0; round < 20; round++) {
    streams.scatterValues(data, 4, slices, 4000, 1, 0);
    expect(streams.usedBytes).toBeGreaterThanOrEqual(16_000);
    for (let stream = 0; stream < 40; stream++) streams.take(stream, new Uint8Array(400), 0);
    expect(streams.usedBytes).toBe(0);
  }
});
