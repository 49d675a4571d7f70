import { describe, expect, test } from "vitest";
import { daysFromCivil, noSuchDay } from "../../../src/sources/mysql/civil-days.ts";
import { seededRandom } from "../../seeded-random.ts";
import { type Cell, decodeColumn, type Duration, duration, moment, wireColumn } from "./binary-rows.ts";

/** Days since 1970-01-01 by JavaScript's own calendar. */
function daysOf(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / 86_400_000;
}

test("every day from 0000-01-01 to 9999-12-31 has its number, one after the other", () => {
  let expected = daysOf(0, 1, 1);
  let wrong = 0;
  for (let year = 0; year < 10_000; year++) {
    for (let month = 1; month <= 12; month++) {
      for (let day = 1; day <= 31; day++) {
        const found = daysFromCivil(year, month, day);
        if (found === noSuchDay) continue;
        if (found !== expected) wrong++;
        expected++;
      }
    }
  }

  expect(wrong).toBe(0);
  expect(expected).toBe(daysOf(10_000, 1, 1));
  expect([daysFromCivil(1970, 1, 1), daysFromCivil(2024, 2, 29), daysFromCivil(1600, 2, 29)]).toEqual([
    ...[0, 19_782, daysOf(1600, 2, 29)],
  ]);
});

test("days that do not exist have no number", () => {
  const days: readonly (readonly [number, number, number])[] = [
    [0, 0, 0],
    [2024, 0, 1],
    [2024, 13, 1],
    [2024, 1, 0],
    [2024, 1, 32],
    [2024, 2, 30],
    [2023, 2, 29],
    [1900, 2, 29],
    [2100, 2, 29],
    [2024, 4, 31],
    [10_000, 1, 1],
    [65_535, 12, 31],
    [9999, 12, 32],
  ];

  for (const [year, month, day] of days) expect(daysFromCivil(year, month, day)).toBe(noSuchDay);
});

describe("dates", () => {
  const date = wireColumn(0x0a);

  test("are days", () => {
    const cells: readonly (readonly [number, number, number])[] = [
      [1970, 1, 1],
      [1969, 12, 31],
      [9999, 12, 31],
      [0, 1, 1],
      [2024, 2, 29],
    ];

    const { values, invalidCount } = decodeColumn(date, { kind: "date" }, [
      ...cells.map((of) => moment({ date: of })),
      null,
    ]);

    expect(values).toEqual([...cells.map((of) => daysOf(...of)), null]);
    expect(invalidCount).toBe(0);
  });

  test("that are zero or impossible become NULL and are counted, a NULL is not", () => {
    const cells: Cell[] = [
      moment({}),
      null,
      moment({ date: [0, 0, 0] }),
      moment({ date: [2024, 0, 5] }),
      moment({ date: [2024, 2, 30] }),
      moment({ date: [2024, 2, 28] }),
    ];

    const { values, invalidCount } = decodeColumn(date, { kind: "date" }, cells);

    expect(values).toEqual([null, null, null, null, null, daysOf(2024, 2, 28)]);
    expect(invalidCount).toBe(4);
  });
});

describe("timestamps", () => {
  for (const [name, typeByte] of [
    ["datetime", 0x0c],
    ["timestamp", 0x07],
  ] as const) {
    test(`of ${name} may come without a fraction, and without a time`, () => {
      const { values } = decodeColumn(wireColumn(typeByte), { kind: "timestamp" }, [
        moment({ date: [2024, 2, 29] }),
        moment({ date: [2024, 2, 29], time: [23, 59, 58] }),
        moment({ date: [2024, 2, 29], time: [23, 59, 58], micros: 999_999 }),
        moment({ date: [1969, 12, 31], time: [23, 59, 59], micros: 999_999 }),
        moment({}),
        null,
        moment({ date: [2024, 2, 30], time: [1, 2, 3], micros: 4 }),
      ]);

      const day = BigInt(daysOf(2024, 2, 29)) * 86_400_000_000n;
      expect(values).toEqual([day, day + 86_398_000_000n, day + 86_398_999_999n, -1n, null, null, null]);
    });
  }

  test("of any moment are exact", () => {
    const random = seededRandom(17);
    const moments = Array.from({ length: 20_000 }, () => ({
      date: [random.below(10_000), 1 + random.below(12), 1 + random.below(28)] as const,
      time: [random.below(24), random.below(60), random.below(60)] as const,
      micros: random.pick([0, 1, 999_999, random.below(1_000_000)]),
    }));

    const { values } = decodeColumn(wireColumn(0x0c), { kind: "timestamp" }, moments.map(moment));

    expect(values).toEqual(
      moments.map(({ date, time, micros }) => {
        const seconds = daysOf(...date) * 86_400 + time[0] * 3600 + time[1] * 60 + time[2];
        return BigInt(seconds) * 1_000_000n + BigInt(micros);
      }),
    );
  });

  test("near every carry of their low half are exact", () => {
    const moments = Array.from({ length: 4000 }, (_, i) => {
      // The last microsecond before, and the first at, a multiple of 2^32.
      const micros = BigInt(i - 2000) * 2n ** 32n - BigInt(i % 3);
      const seconds = micros >= 0n ? micros / 1_000_000n : (micros - 999_999n) / 1_000_000n;
      const date = new Date(Number(seconds) * 1000);
      const cell = moment({
        date: [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()],
        time: [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()],
        micros: Number(micros - seconds * 1_000_000n),
      });
      return { micros, cell };
    });

    const { values } = decodeColumn(
      wireColumn(0x0c),
      { kind: "timestamp" },
      moments.map(({ cell }) => cell),
    );

    expect(values).toEqual(moments.map(({ micros }) => micros));
  });
});

test("times are text of one form, days counted as hours", () => {
  const worlds: readonly (readonly [Duration, string])[] = [
    [{}, "00:00:00.000000"],
    [{ time: [0, 0, 0] }, "00:00:00.000000"],
    [{ time: [9, 8, 7] }, "09:08:07.000000"],
    [{ time: [23, 59, 59], micros: 999_999 }, "23:59:59.999999"],
    [{ time: [0, 0, 0], micros: 1 }, "00:00:00.000001"],
    [{ negative: true, time: [0, 0, 0], micros: 100_000 }, "-00:00:00.100000"],
    [{ days: 1, time: [0, 0, 0] }, "24:00:00.000000"],
    [{ days: 4, time: [3, 0, 0] }, "99:00:00.000000"],
    [{ days: 4, time: [4, 0, 0] }, "100:00:00.000000"],
    [{ days: 34, time: [22, 59, 59] }, "838:59:59.000000"],
    [{ negative: true, days: 34, time: [22, 59, 59], micros: 999_999 }, "-838:59:59.999999"],
  ];

  const { values } = decodeColumn(
    wireColumn(0x0b),
    { kind: "text" },
    worlds.map(([of]) => duration(of)),
  );

  expect(values).toEqual(worlds.map(([, text]) => text));
});
