import { describe, expect, test } from "vitest";
import type { ColumnType, ColumnValue } from "../../../src/table/column-type.ts";
import { seededRandom } from "../../seeded-random.ts";
import {
  bytes,
  type Cell,
  counted,
  decodeAll,
  decodeColumn,
  type DecodedColumn,
  decoderOf,
  double,
  duration,
  float,
  int16,
  int32,
  int64,
  int8,
  moment,
  rowOf,
  valuesOf,
  wireColumn,
} from "./binary-rows.ts";

const unsigned = { unsigned: true };
const text: DecodedColumn = { wire: wireColumn(0xfd, { charset: 45 }), type: { kind: "text" } };
const twentyDigits: ColumnType = { kind: "decimal", precision: 20, scale: 0 };

describe("numbers keep their value to the last bit", () => {
  const worlds: Readonly<
    Record<string, readonly [DecodedColumn, readonly (readonly [Cell, ColumnValue])[]]>
  > = {
    tinyint: [
      { wire: wireColumn(0x01), type: { kind: "int32" } },
      [
        [int8(-128), -128],
        [int8(127), 127],
        [int8(-1), -1],
        [null, null],
        [int8(0), 0],
      ],
    ],
    "tinyint unsigned": [
      { wire: wireColumn(0x01, unsigned), type: { kind: "int32" } },
      [
        [int8(-1), 255],
        [int8(127), 127],
        [null, null],
      ],
    ],
    smallint: [
      { wire: wireColumn(0x02), type: { kind: "int32" } },
      [
        [int16(-32_768), -32_768],
        [int16(32_767), 32_767],
      ],
    ],
    "smallint unsigned": [
      { wire: wireColumn(0x02, unsigned), type: { kind: "int32" } },
      [
        [int16(-1), 65_535],
        [int16(1), 1],
      ],
    ],
    year: [
      { wire: wireColumn(0x0d, unsigned), type: { kind: "int32" } },
      [
        [int16(2155), 2155],
        [int16(0), 0],
        [int16(1901), 1901],
      ],
    ],
    mediumint: [
      { wire: wireColumn(0x09), type: { kind: "int32" } },
      [
        [int32(-8_388_608), -8_388_608],
        [int32(8_388_607), 8_388_607],
      ],
    ],
    "mediumint unsigned": [
      { wire: wireColumn(0x09, unsigned), type: { kind: "int32" } },
      [[int32(16_777_215), 16_777_215]],
    ],
    int: [
      { wire: wireColumn(0x03), type: { kind: "int32" } },
      [
        [int32(-2_147_483_648), -2_147_483_648],
        [int32(2_147_483_647), 2_147_483_647],
      ],
    ],
    "int unsigned": [
      { wire: wireColumn(0x03, unsigned), type: { kind: "int64" } },
      [
        [int32(-1), 4_294_967_295n],
        [int32(-2_147_483_648), 2_147_483_648n],
        [int32(1), 1n],
      ],
    ],
    bigint: [
      { wire: wireColumn(0x08), type: { kind: "int64" } },
      [
        [int64(-(2n ** 63n)), -(2n ** 63n)],
        [int64(2n ** 63n - 1n), 2n ** 63n - 1n],
        [int64(-1n), -1n],
      ],
    ],
    "bigint unsigned": [
      { wire: wireColumn(0x08, unsigned), type: twentyDigits },
      [
        [int64(-1n), 2n ** 64n - 1n],
        [int64(-(2n ** 63n)), 2n ** 63n],
        [int64(7n), 7n],
        [null, null],
      ],
    ],
    float: [
      { wire: wireColumn(0x04), type: { kind: "float" } },
      [
        [float(-0), -0],
        [float(0.1), Math.fround(0.1)],
        [float(3.4028234663852886e38), 3.4028234663852886e38],
      ],
    ],
    double: [
      { wire: wireColumn(0x05), type: { kind: "double" } },
      [
        [double(-0), -0],
        [double(0.1), 0.1],
        [double(Number.MIN_VALUE), Number.MIN_VALUE],
      ],
    ],
    "bit(1)": [
      { wire: wireColumn(0x10, { length: 1 }), type: { kind: "int64" } },
      [
        [counted(bytes(1)), 1n],
        [counted(bytes(0)), 0n],
      ],
    ],
    "bit(63)": [
      { wire: wireColumn(0x10, { length: 63 }), type: { kind: "int64" } },
      [
        [counted(bytes(0x7f, 255, 255, 255, 255, 255, 255, 255)), 2n ** 63n - 1n],
        [counted(bytes(1, 2, 3)), 0x010203n],
      ],
    ],
    "bit(64)": [
      { wire: wireColumn(0x10, { length: 64 }), type: twentyDigits },
      [
        [counted(bytes(255, 255, 255, 255, 255, 255, 255, 255)), 2n ** 64n - 1n],
        [counted(bytes(0x80, 0, 0, 0, 0, 0, 0, 1)), 2n ** 63n + 1n],
        [counted(bytes(0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0x9a)), 0x123456789an],
      ],
    ],
  };
  for (const [name, [{ wire, type }, values]] of Object.entries(worlds)) {
    test(name, () => {
      const cells = values.map(([cell]) => cell);

      expect(decodeColumn(wire, type, cells).values).toEqual(values.map(([, value]) => value));
    });
  }
});

test("texts of every length come whole, whatever the form of the length", () => {
  const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 249, 250, 251, 252, 255, 256, 699, 700, 701, 702, 65_535, 65_536];
  const random = seededRandom(5);
  const contents = [...lengths, 16_777_215, 16_777_216].map((length) =>
    length < 1e6 ? random.bytes(length) : new Uint8Array(length).fill(length & 0xff),
  );
  const blob = wireColumn(0xfc);

  const { values } = decodeColumn(blob, { kind: "bytes" }, contents.map(counted));

  expect(values).toHaveLength(contents.length);
  for (const [i, content] of contents.entries()) {
    expect(Buffer.compare(values[i] as Uint8Array, content)).toBe(0);
  }
});

test("text stays as the server spells it, byte by byte", () => {
  const texts = ["", "a", "naïve 🎓", "NULL", "a\0b", "\r\n", "שלום"];

  expect(decodeColumn(text.wire, text.type, texts.map(counted)).values).toEqual(texts);
});

describe("any row decodes", () => {
  const kinds: readonly {
    readonly column: DecodedColumn;
    readonly cells: readonly (readonly [Cell, ColumnValue])[];
  }[] = [
    { column: { wire: wireColumn(0x01), type: { kind: "int32" } }, cells: [[int8(-5), -5]] },
    { column: { wire: wireColumn(0x08), type: { kind: "int64" } }, cells: [[int64(2n ** 40n), 2n ** 40n]] },
    {
      column: text,
      cells: [
        [counted("x".repeat(300)), "x".repeat(300)],
        [counted(""), ""],
      ],
    },
    { column: { wire: wireColumn(0x05), type: { kind: "double" } }, cells: [[double(0.5), 0.5]] },
    {
      column: { wire: wireColumn(0x0c), type: { kind: "timestamp" } },
      cells: [
        [moment({ date: [1970, 1, 2] }), 86_400_000_000n],
        [moment({}), null],
      ],
    },
    {
      column: {
        wire: wireColumn(0xf6, { length: 12, decimals: 2 }),
        type: { kind: "decimal", precision: 10, scale: 2 },
      },
      cells: [[counted("-12.50"), -1250n]],
    },
    {
      column: { wire: wireColumn(0x0b), type: { kind: "text" } },
      cells: [[duration({ time: [1, 2, 3] }), "01:02:03.000000"]],
    },
  ];

  for (let seed = 1; seed <= 30; seed++) {
    test(`of any number of columns, with nulls anywhere (seed ${seed})`, () => {
      const random = seededRandom(seed);
      const picked = Array.from({ length: 1 + random.below(40) }, () => random.pick(kinds));
      const columns = picked.map(({ column }) => column);
      const rows = Array.from({ length: 50 }, () =>
        picked.map(({ cells }) => (random.chance(1, 3) ? ([null, null] as const) : random.pick(cells))),
      );
      const decoder = decoderOf(columns, { rows: 50, bytes: 1 << 20 });

      decodeAll(
        decoder,
        rows.map((row) => rowOf(row.map(([cell]) => cell))),
      );

      const batch = decoder.take();
      expect(valuesOf(columns, batch)).toEqual(picked.map((_, c) => rows.map((row) => row[c]?.[1] ?? null)));
      batch.columns.forEach(({ nulls, nullCount }, c) => {
        expect(nullCount).toBe(rows.filter((row) => (row[c]?.[1] ?? null) === null).length);
        expect(nulls === undefined).toBe(nullCount === 0);
      });
    });
  }
});

describe("batches", () => {
  const id: DecodedColumn = { wire: wireColumn(0x03), type: { kind: "int32" } };
  const columns = [id, text];
  const row = (number: number, name: string | null): Uint8Array =>
    rowOf([int32(number), name === null ? null : counted(name)]);

  test("are full at their rows or their bytes, whichever comes first", () => {
    const byRows = decoderOf(columns, { rows: 3, bytes: 1 << 20 });
    const byBytes = decoderOf(columns, { rows: 100, bytes: 100 });

    const full = [1, 2, 3].map((number) => {
      decodeAll(byRows, [row(number, "a")]);
      return byRows.full;
    });
    decodeAll(byBytes, [row(1, "x".repeat(88))]);
    const before = byBytes.full;
    decodeAll(byBytes, [row(2, "y")]);

    expect(full).toEqual([false, false, true]);
    expect([before, byBytes.full]).toEqual([false, true]);
  });

  test("grow from 64 KB, four times each, up to their bytes", () => {
    const decoder = decoderOf(columns, { rows: 10_000, bytes: 1 << 20 });
    const kilobyte = row(1, "x".repeat(1010));
    const sizes = [1, 2, 3, 4].map(() => {
      while (!decoder.full) decodeAll(decoder, [kilobyte]);
      return decoder.take().rowCount;
    });

    expect(kilobyte.length).toBe(1019);
    expect(sizes).toEqual([65, 258, 1030, 1030]);
  });

  test("begin empty again once taken, without the nulls of the last", () => {
    const decoder = decoderOf(columns, { rows: 3, bytes: 1 << 20 });
    expect(decoder.empty).toBe(true);

    decodeAll(decoder, [row(1, null), row(2, null), row(3, "c")]);
    const first = decoder.take();
    expect([decoder.empty, decoder.full]).toEqual([true, false]);
    decodeAll(decoder, [row(4, "d"), row(5, "e")]);
    const second = decoder.take();

    expect(valuesOf(columns, first)).toEqual([
      [1, 2, 3],
      [null, null, "c"],
    ]);
    expect(valuesOf(columns, second)).toEqual([
      [4, 5],
      ["d", "e"],
    ]);
    expect(second.columns[1]).toMatchObject({ nulls: undefined, nullCount: 0 });
    expect([first.byteCount, second.byteCount]).toEqual([12 + 5, 8 + 10]);
  });

  test("that are still read keep their memory, those that were released lend it to the next", () => {
    const decoder = decoderOf(columns, { rows: 2, bytes: 1 << 20 });
    const take = (number: number) => {
      decodeAll(decoder, [row(number, `name ${number}`), row(number + 1, "z".repeat(500))]);
      return decoder.take();
    };

    const kept = take(10);
    const released = take(20);
    const memory = released.columns[0]?.values.buffer;
    released.release();
    const others = [take(30), take(40), take(50)];

    expect(valuesOf(columns, kept)).toEqual([
      [10, 11],
      ["name 10", "z".repeat(500)],
    ]);
    expect(others.map((batch) => valuesOf(columns, batch)[0])).toEqual([
      [30, 31],
      [40, 41],
      [50, 51],
    ]);
    expect(others.filter((batch) => batch.columns[0]?.values.buffer === memory)).toHaveLength(1);
  });

  test("grow with texts that are longer than expected", () => {
    const decoder = decoderOf(columns, { rows: 500, bytes: 1 << 30 });
    const names = Array.from({ length: 500 }, (_, i) => "é".repeat(i));

    decodeAll(
      decoder,
      names.map((name, i) => row(i, name)),
    );

    expect(valuesOf(columns, decoder.take())).toEqual([names.map((_, i) => i), names]);
  });

  test("have room for all their rows, however few those before them had", () => {
    const decoder = decoderOf(columns, { rows: 5_000, bytes: 1 << 30 });
    const counts = [3, 300, 5_000, 2, 5_000];

    const batches = counts.map((count) => {
      const numbers = Array.from({ length: count }, (_, i) => i);
      decodeAll(
        decoder,
        numbers.map((number) => row(number, number % 3 === 0 ? null : `name ${number}`)),
      );
      const batch = decoder.take();
      const values = valuesOf(columns, batch);
      batch.release();
      return values;
    });

    expect(batches).toEqual(
      counts.map((count) => {
        const numbers = Array.from({ length: count }, (_, i) => i);
        return [numbers, numbers.map((number) => (number % 3 === 0 ? null : `name ${number}`))];
      }),
    );
  });
});
