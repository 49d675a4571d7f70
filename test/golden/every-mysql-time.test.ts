import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { expectEveryValue, type GoldenColumn, type GoldenValue } from "./golden-columns.ts";

/** Dates whose text is the same everywhere. */
function same(...texts: readonly string[]): readonly GoldenValue[] {
  return texts.map((text) => [`'${text}'`, text]);
}

/** What is stored and DuckDB's text of it; the CSV file always has six digits behind the point. */
function moment(stored: string, typed: string = stored): GoldenValue {
  const [seconds = "", fraction = ""] = typed.split(".");
  return [`'${stored}'`, typed, `${seconds}.${fraction.padEnd(6, "0")}`];
}

function invalid(...texts: readonly string[]): readonly GoldenValue[] {
  return texts.map((text) => [`'${text}'`, null]);
}

function datetime(digits: number, ...values: readonly GoldenValue[]): GoldenColumn {
  return { type: `datetime(${digits})`, lake: "TIMESTAMP", values };
}

describeOnServers("dates and times reach the lake exactly", (server) => {
  test("dates, and the impossible ones as a NULL that is counted", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      date: {
        type: "date",
        lake: "DATE",
        values: [
          ...same("0001-01-01", "1000-01-01", "1582-10-10", "1969-12-31", "1970-01-01"),
          ...same("2000-02-29", "2024-02-29", "9999-12-31"),
          ...invalid("0000-00-00", "2024-00-10", "2024-02-30", "2023-02-29", "2024-05-00"),
        ],
        invalidDates: 5,
      },
      possible: { type: "date", lake: "DATE", values: same("2024-02-29") },
    });
  });

  test("datetimes of every precision", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      d0: datetime(0, moment("9999-12-31 23:59:59"), moment("1000-01-01 00:00:00")),
      d1: datetime(
        1,
        moment("9999-12-31 23:59:59.9"),
        moment("2024-01-02 03:04:05.0", "2024-01-02 03:04:05"),
      ),
      d2: datetime(2, moment("9999-12-31 23:59:59.99"), moment("1969-12-31 23:59:59.99")),
      d3: datetime(3, moment("9999-12-31 23:59:59.999"), moment("1969-12-31 23:59:59.999")),
      d4: datetime(4, moment("9999-12-31 23:59:59.9999"), moment("0001-01-01 00:00:00.0001")),
      d5: datetime(5, moment("9999-12-31 23:59:59.99999"), moment("2024-01-02 00:00:00.00001")),
      d6: {
        type: "datetime(6)",
        lake: "TIMESTAMP",
        values: [
          ...[moment("9999-12-31 23:59:59.999999"), moment("1000-01-01 00:00:00.000001")],
          ...[
            moment("0001-01-01 00:00:00"),
            moment("1970-01-01 00:00:00"),
            moment("1969-12-31 23:59:59.999999"),
          ],
          ...[moment("2024-02-29 12:00:00"), moment("2255-06-05 23:47:34.740993")],
          ...invalid("0000-00-00 00:00:00", "2024-02-30 01:02:03.000004", "2024-00-00 00:00:00"),
        ],
        invalidDates: 3,
      },
    });
  });

  test("timestamps in UTC, whatever the server's time zone", async () => {
    await using db = await server.database();
    await db.query("set time_zone = '+05:00'");
    // The writing session may store zero, which means no moment at all.
    const values: readonly GoldenValue[] = [
      ["'1970-01-01 05:00:01.000000'", "1970-01-01 00:00:01", "1970-01-01 00:00:01.000000"],
      ["'2038-01-19 08:14:07.999999'", "2038-01-19 03:14:07.999999"],
      ["'2024-06-30 02:00:00.5'", "2024-06-29 21:00:00.5", "2024-06-29 21:00:00.500000"],
      ["'0000-00-00 00:00:00'", null],
    ];

    await expectEveryValue(db, {
      t6: { type: "timestamp(6)", lake: "TIMESTAMP", values, invalidDates: 1 },
      t0: {
        type: "timestamp",
        lake: "TIMESTAMP",
        values: [["'2024-01-01 00:00:00'", "2023-12-31 19:00:00", "2023-12-31 19:00:00.000000"]],
      },
    });
    expect(await db.query("select @@time_zone as zone")).toEqual([{ zone: "+05:00" }]);
  });

  test("times as text with six digits behind the point", async () => {
    await using db = await server.database();
    const values: readonly GoldenValue[] = [
      ["'-838:59:59'", "-838:59:59.000000"],
      ["'838:59:59'", "838:59:59.000000"],
      ["'00:00:00'", "00:00:00.000000"],
      ["'-00:00:01'", "-00:00:01.000000"],
      ["'24:00:00'", "24:00:00.000000"],
      ["'09:08:07'", "09:08:07.000000"],
      ["'100:00:00'", "100:00:00.000000"],
    ];

    await expectEveryValue(db, {
      t0: { type: "time", lake: "VARCHAR", values },
      t3: { type: "time(3)", lake: "VARCHAR", values: [["'12:34:56.789'", "12:34:56.789000"]] },
      t6: {
        type: "time(6)",
        lake: "VARCHAR",
        values: [
          ...values,
          ["'12:34:56.000009'", "12:34:56.000009"],
          ["'-838:59:58.999999'", "-838:59:58.999999"],
          ["'-00:00:00.000001'", "-00:00:00.000001"],
        ],
      },
    });
  });
});
