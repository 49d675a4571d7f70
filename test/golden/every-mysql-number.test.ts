import { test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { expectEveryValue, type GoldenColumn, type GoldenValue } from "./golden-columns.ts";

/** Values that are spelled alike at the server and in the lake. */
function same(...values: readonly string[]): readonly GoldenValue[] {
  return values.map((value) => [value, value]);
}

function integer(type: string, lake: string, ...values: readonly string[]): GoldenColumn {
  return { type, lake, values: same(...values) };
}

describeOnServers("numbers reach the lake exactly", (server) => {
  test("integers of every width, with and without a sign", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      tiny: integer("tinyint", "INTEGER", "0", "-128", "127", "-1"),
      flag: integer("tinyint(1)", "INTEGER", "0", "1", "2", "-128"),
      tiny_unsigned: integer("tinyint unsigned", "INTEGER", "0", "128", "255"),
      tiny_zerofill: integer("tinyint(4) zerofill", "INTEGER", "0", "7", "255"),
      small: integer("smallint", "INTEGER", "0", "-32768", "32767", "-1"),
      small_unsigned: integer("smallint unsigned", "INTEGER", "0", "32768", "65535"),
      small_zerofill: integer("smallint(6) zerofill", "INTEGER", "0", "7", "65535"),
      medium: integer("mediumint", "INTEGER", "0", "-8388608", "8388607", "-1"),
      medium_unsigned: integer("mediumint unsigned", "INTEGER", "0", "8388608", "16777215"),
      medium_zerofill: integer("mediumint(9) zerofill", "INTEGER", "0", "7", "16777215"),
      int: integer("int", "INTEGER", "0", "-2147483648", "2147483647", "-1"),
      int_unsigned: integer("int unsigned", "BIGINT", "0", "2147483648", "4294967295"),
      int_zerofill: integer("int(12) zerofill", "BIGINT", "0", "7", "4294967295"),
      big: integer("bigint", "BIGINT", "0", "-9223372036854775808", "9223372036854775807", "-1"),
      big_unsigned: integer(
        "bigint unsigned",
        "DECIMAL(20,0)",
        ...["0", "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551615"],
      ),
      big_zerofill: integer("bigint(22) zerofill", "DECIMAL(20,0)", "0", "7", "18446744073709551615"),
      year: integer("year", "INTEGER", "0", "1901", "2024", "2155"),
    });
  });

  test("bits as the number that they spell", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      one: integer("bit(1)", "BIGINT", "0", "1"),
      byte: integer("bit(8)", "BIGINT", "0", "1", "128", "255"),
      nine: integer("bit(9)", "BIGINT", "0", "256", "511"),
      widest_integer: integer(
        "bit(63)",
        "BIGINT",
        ...["0", "1", "4294967296", "9007199254740993", "9223372036854775807"],
      ),
      widest: integer("bit(64)", "DECIMAL(20,0)", "0", "1", "9223372036854775808", "18446744073709551615"),
    });
  });

  test("decimals with all their digits, as text where they have more than 38", async () => {
    await using db = await server.database();
    const nines = (count: number): string => "9".repeat(count);
    const zeros = (count: number): string => "0".repeat(count);

    await expectEveryValue(db, {
      default: integer("decimal", "DECIMAL(10,0)", "0", "-9999999999", "9999999999"),
      whole: integer("decimal(38,0)", "DECIMAL(38,0)", "0", `-${nines(38)}`, nines(38)),
      four_bytes: integer(
        "decimal(9,2)",
        "DECIMAL(9,2)",
        ...["0.00", "-9999999.99", "9999999.99", "-0.05", "0.01", "-1.00"],
      ),
      four_bytes_unsigned: integer("decimal(9,2) unsigned", "DECIMAL(9,2)", "0.00", "9999999.99"),
      fraction: integer("decimal(4,4)", "DECIMAL(4,4)", "0.0000", "-0.9999", "0.0001"),
      eight_bytes: integer(
        "decimal(18,4)",
        "DECIMAL(18,4)",
        ...["0.0000", `-${nines(14)}.9999`, `${nines(14)}.9999`, "-0.0500", "-0.0001"],
      ),
      sixteen_bytes: integer(
        "decimal(19,0)",
        "DECIMAL(19,0)",
        ...["0", "-9223372036854775809", "9223372036854775808", "9999999999999999999"],
      ),
      widest: integer(
        "decimal(38,10)",
        "DECIMAL(38,10)",
        ...[`0.${zeros(10)}`, `-${nines(28)}.${nines(10)}`, `${nines(28)}.${nines(10)}`],
        ...["-0.0500000000", "-0.0000000001", "-79228162514264337593.5439503361"],
      ),
      text: integer("decimal(39,1)", "VARCHAR", ...["0.0", `-${nines(38)}.9`, `${nines(38)}.9`, "-0.5"]),
      longest: integer(
        "decimal(65,30)",
        "VARCHAR",
        ...[`0.${zeros(30)}`, `-${nines(35)}.${nines(30)}`, `${nines(35)}.${nines(30)}`],
        ...[`-0.05${zeros(28)}`, `0.${zeros(29)}1`],
      ),
    });
  });
});
