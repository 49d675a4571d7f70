import { describe, expect, test } from "vitest";
import { csvWorld, field, type ReadTable } from "./csv-world.ts";

/** The type that a column of these values is found to have, and what its values become. */
async function columnOf(
  ...values: readonly string[]
): Promise<readonly [string, readonly (string | null)[]]> {
  await using world = await csvWorld({ "t.csv": `a,b\n${values.map((value) => `${value},x\n`).join("")}` });
  const { columns, rows } = await world.read("t");
  return [(columns[0] ?? "").slice(2), rows.map(([value]) => value ?? null)];
}

async function readDeclared(type: string, ...values: readonly string[]): Promise<ReadTable> {
  await using world = await csvWorld({ "t.csv": `a,b\n${values.map((value) => `${value},x\n`).join("")}` });
  return await world.read("t", [field("a", type)]);
}

describe("the type of a column is one that all its values have", () => {
  test.each<[what: string, type: string, values: readonly string[]]>([
    ["whole numbers", "int64", ["0", "-5", "9223372036854775807", "-9223372036854775807"]],
    ["a whole number that no 64 bits hold", "text", ["9223372036854775808", "1"]],
    ["leading zeros, which may be a code", "text", ["007", "8"]],
    ["a plus, which may be a telephone number", "text", ["+34600", "5"]],
    ["minus zero, which is no whole number", "double", ["-0", "1"]],
    ["numbers", "double", ["1.5", "-0.25", "1e+21", "0.000001", "7"]],
    ["more digits than a double keeps", "text", ["0.1234567890123456", "1"]],
    ["many digits before a point elsewhere", "text", ["9007199254740993", "0.5"]],
    ["too large for a double", "text", ["1e400"]],
    ["a comma in place of the point", "text", ['"1,5"']],
    ["dates", "date", ["2024-02-29", "0001-01-01", "9999-12-31"]],
    ["a day that is none", "text", ["2023-02-29", "2024-01-01"]],
    ["a zero date", "text", ["0000-00-00", "2024-01-01"]],
    ["days as Americans write them", "text", ["01/02/2024"]],
    ["dates and times together", "text", ["2024-01-01", "2024-01-01 00:00:00"]],
    ["true and false", "text", ["true", "false"]],
    ["numbers and a word", "text", ["1", "2", "n/a"]],
    ["spaces around a number", "text", [" 1", "2 "]],
    ["infinity", "text", ["NaN", "inf", "1"]],
    ["a time of day", "text", ["12:30:00"]],
    ["nothing but a sign or a point", "text", ["-"]],
  ])("%s: %s", async (_, type, values) => {
    const [found, read] = await columnOf(...values);

    expect(found).toBe(type);
    if (type !== "text") expect(read).toEqual(values);
  });

  test("timestamps with or without seconds, fractions and the letter T", async () => {
    expect(
      await columnOf(
        "2024-01-02 03:04",
        "2024-01-02T03:04:05",
        "2024-01-02 03:04:05.5",
        "1969-12-31 23:59:59.999999",
      ),
    ).toEqual([
      "timestamp",
      [
        "2024-01-02 03:04:00.000000",
        "2024-01-02 03:04:05.000000",
        "2024-01-02 03:04:05.500000",
        "1969-12-31 23:59:59.999999",
      ],
    ]);
  });

  test("timestamps with zones are those of UTC, and with others they are texts", async () => {
    expect(
      await columnOf(
        "2024-01-02T03:04:05Z",
        "2024-01-02 03:04:05+02:00",
        "2024-01-02 03:04:05-0530",
        "2024-01-02 03:04:05 UTC",
      ),
    ).toEqual([
      "timestamp",
      [
        "2024-01-02 03:04:05.000000",
        "2024-01-02 01:04:05.000000",
        "2024-01-02 08:34:05.000000",
        "2024-01-02 03:04:05.000000",
      ],
    ]);
    expect((await columnOf("2024-01-02T03:04:05Z", "2024-01-02T03:04:05"))[0]).toBe("text");
  });

  test("finer than microseconds is a text, unless it is zeros", async () => {
    expect((await columnOf("2024-01-02 03:04:05.123456000"))[1]).toEqual(["2024-01-02 03:04:05.123456"]);
    expect((await columnOf("2024-01-02 03:04:05.123456789"))[0]).toBe("text");
  });

  test("the last of many rows counts as much as the first", async () => {
    await using world = await csvWorld({ "t.csv": `a\n${"1\n".repeat(200_000)}x\n` });

    const { columns, rows } = await world.read("t");

    expect(columns).toEqual(["a text"]);
    expect(rows).toHaveLength(200_001);
    expect(rows.at(-1)).toEqual(["x"]);
  });

  test("an empty field is NULL, an empty text in quotes is one", async () => {
    await using world = await csvWorld({ "t.csv": 'number,text,both,none\n,,"",\n1,"",1,\n' });

    expect(await world.read("t")).toMatchObject({
      columns: ["number int64", "text text", "both text", "none text"],
      rows: [
        [null, null, "", null],
        ["1", "", "1", null],
      ],
    });
  });

  test("set-tables-fields gets MySQL's words for the types", async () => {
    await using world = await csvWorld({
      "t.csv": "i,d,day,at,zoned,t\n1,0.5,2024-01-01,2024-01-01 00:00:00,2024-01-01T00:00Z,x\n",
    });

    const { columns, key } = await world.source.describeTable("t");

    expect(columns.map(({ name, nativeType }) => [name, nativeType])).toEqual([
      ["i", "bigint"],
      ["d", "double"],
      ["day", "date"],
      ["at", "datetime"],
      ["zoned", "timestamp"],
      ["t", "text"],
    ]);
    expect(key).toEqual([]);
  });
});

describe("a type that the settings declare", () => {
  test.each<[type: string, lakeType: string, written: readonly string[], read: readonly (string | null)[]]>([
    ["int", "int32", ["007", "-2147483648", " 5 ", "5.0", ""], ["7", "-2147483648", "5", "5", null]],
    ["bigint unsigned", "decimal(20,0)", ["18446744073709551615"], ["18446744073709551615"]],
    [
      "decimal(10,2)",
      "decimal(10,2)",
      ["1.5", "-0.01", "12345678.90", "3"],
      ["1.50", "-0.01", "12345678.90", "3.00"],
    ],
    [
      "decimal(38,4)",
      "decimal(38,4)",
      ["1234567890123456789012345678901234.5678"],
      ["1234567890123456789012345678901234.5678"],
    ],
    ["double", "double", ["1", "0.1", "1e3"], ["1", "0.1", "1000"]],
    ["float", "float", ["0.1"], ["0.1"]],
    [
      "datetime",
      "timestamp",
      ["2024-01-02", "2024-01-02T03:04:05+01:00"],
      ["2024-01-02 00:00:00.000000", "2024-01-02 02:04:05.000000"],
    ],
    ["date", "date", ["2024-01-02", "2024-01-02 00:00:00"], ["2024-01-02", "2024-01-02"]],
    ["boolean", "int32", ["true", "FALSE", "1"], ["1", "0", "1"]],
    ["varchar(20)", "text", ["007", '""', ""], ["007", "", null]],
    ["blob", "bytes", ["é"], ["c3a9"]],
  ])("%s", async (type, lakeType, written, read) => {
    const { columns, rows } = await readDeclared(type, ...written);

    expect(columns).toEqual([`a ${lakeType}`]);
    expect(rows.map(([value]) => value)).toEqual(read);
  });

  test("makes an empty text in quotes NULL where it is no text, as where every field is in quotes", async () => {
    expect((await readDeclared("int", '"1"', '""')).rows).toEqual([["1"], [null]]);
  });

  test.each([
    ["int", "2147483648"],
    ["int", "1.5"],
    ["decimal(4,2)", "100"],
    ["decimal(4,2)", "1.005"],
    ["date", "2024-13-01"],
    ["datetime", "yesterday"],
    ["double", "one"],
  ])("%s does not take %s, and the message does not hold it", async (type, value) => {
    const failure = readDeclared(type, value);

    await expect(failure).rejects.toMatchObject({
      code: "ROW_INVALID",
      message: expect.stringMatching(/^t\.csv:2: column a is no \w+/) as string,
      details: { source: "files", table: "t", column: "a" },
    });
    await expect(failure).rejects.not.toThrow(value);
  });
});

describe("the fields that the settings list", () => {
  test("come in their order, by name in either case, with constants and what is missing among them", async () => {
    await using world = await csvWorld({ "t.csv": "Id,name\n1,Ana\n2,Bob\n" });

    const read = await world.read("t", [
      field("name"),
      field("lms", "varchar", "lms.example.com"),
      field("gone", "int"),
      field("id"),
    ]);

    expect(read).toEqual({
      columns: ["name text", "lms text", "gone int32", "id int64"],
      rows: [
        ["Ana", "lms.example.com", null, "1"],
        ["Bob", "lms.example.com", null, "2"],
      ],
      warnings: ["column gone is not in the table (any more): it is read as NULL"],
    });
  });

  test("are refused when the file has none of them", async () => {
    await using world = await csvWorld({ "t.csv": "id\n1\n" });

    await expect(world.open("t", [field("gone")])).rejects.toMatchObject({ code: "COLUMN_MISSING" });
  });
});
