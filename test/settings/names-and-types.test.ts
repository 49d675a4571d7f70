import { describe, expect, test } from "vitest";
import { parseConstant, type WrittenConstant } from "../../src/table/parse-constant.ts";
import { fieldTypeNames, parseFieldType } from "../../src/settings/field-type.ts";
import { lakeNames } from "../../src/settings/lake-names.ts";
import { nearestName } from "../../src/settings/nearest-name.ts";
import { spellColumnType } from "../../src/table/column-type.ts";

describe("a MySQL type name says what the lake holds", () => {
  test.each([
    [
      "int32",
      [
        "int",
        "INT(11)",
        "tinyint(1)",
        "smallint unsigned",
        "mediumint",
        "Integer",
        "year(4)",
        "bool",
        "BOOLEAN",
      ],
    ],
    ["int64", ["int unsigned", "int(10) unsigned zerofill", "bigint", "BIGINT(20)", "bit", "bit(8)"]],
    ["decimal(20,0)", ["bigint unsigned", "bigint(20)  UNSIGNED", "bit(64)", "serial"]],
    ["float", ["float", "float(7,4)", "float unsigned", "float(24)"]],
    ["double", ["double", "double precision", "real", "DOUBLE(10,2)", "float(53)"]],
    ["decimal(10,0)", ["decimal", "NUMERIC", "dec"]],
    ["decimal(10,2)", ["decimal(10,2)", "numeric(10, 2) unsigned", "fixed(10,2)"]],
    ["decimal(38,30)", ["decimal(38,30)"]],
    [
      "text",
      [
        "decimal(39,2)",
        "decimal(65,30)",
        "time(6)",
        "char",
        "varchar(255)",
        "LONGTEXT",
        "tinytext",
        "json",
        "uuid",
        "inet4",
        "inet6",
      ],
    ],
    [
      "text",
      ["enum", "enum('a','b (c)')", "set('x')", "varchar(10) character set latin1 collate latin1_bin"],
    ],
    ["date", ["date", "DATE"]],
    ["timestamp", ["datetime", "datetime(6)", "timestamp"]],
    [
      "bytes",
      [
        "binary(16)",
        "varbinary(255)",
        "blob",
        "longblob",
        "geometry",
        "point",
        "geomcollection",
        "vector(3)",
      ],
    ],
  ])("%s: %j", (expected, spellings) => {
    for (const spelling of spellings) {
      const type = parseFieldType(spelling);
      expect(type === undefined ? undefined : spellColumnType(type), spelling).toBe(expected);
    }
  });

  test("what is no type is none", () => {
    for (const spelling of [
      "",
      "string",
      "itn",
      "int(",
      "decimal(2,5)",
      "decimal(66)",
      "int; drop table x",
    ]) {
      expect(parseFieldType(spelling), spelling).toBeUndefined();
    }
  });

  test("every name that is suggested is a type", () => {
    expect(fieldTypeNames.filter((name) => parseFieldType(name) === undefined)).toEqual([]);
  });
});

describe("a constant is what MySQL would cast it to, when that is clean", () => {
  const cases: [string, WrittenConstant, unknown][] = [
    ["int", 5, 5],
    ["int", "5", 5],
    ["int", "-2147483648", -2147483648],
    ["int", "1e3", 1000],
    ["int", "5.0", 5],
    ["int", true, 1],
    ["int", "False", 0],
    ["int", null, null],
    ["int", "2147483648", undefined],
    ["int", "5.5", undefined],
    ["int", "abc", undefined],
    ["int", "", undefined],
    ["int", ".", undefined],
    ["bigint", "9223372036854775807", 9223372036854775807n],
    ["bigint", "9223372036854775808", undefined],
    ["bigint unsigned", "18446744073709551615", 18446744073709551615n],
    ["decimal(5,2)", "1.10", 110n],
    ["decimal(5,2)", "-.5", -50n],
    ["decimal(5,2)", "999.99", 99999n],
    ["decimal(5,2)", "1000", undefined],
    ["decimal(5,2)", "0.001", undefined],
    ["double", "1e308", 1e308],
    ["double", "1e309", undefined],
    ["double", ".inf", undefined],
    ["float", "0.1", Math.fround(0.1)],
    ["varchar", 5, "5"],
    ["varchar", "", ""],
    ["varchar", false, "false"],
    ["blob", "é", Uint8Array.of(0xc3, 0xa9)],
    ["date", "1970-01-02", 1],
    ["date", "2024-02-29", 19782],
    ["date", "2023-02-29", undefined],
    ["date", "0000-00-00", undefined],
    ["date", "2024-01-02 00:00:00", 19724],
    ["date", "2024-01-02 00:00:01", undefined],
    ["datetime", "1969-12-31 23:59:59.5", -500_000n],
    ["datetime", "1970-01-01T00:00:01Z", 1_000_000n],
    ["datetime", "1970-01-02", 86_400_000_000n],
    ["datetime", "1970-01-01 24:00:00", undefined],
    ["time", "-838:59:59", "-838:59:59"],
  ];

  test.each(cases)("%s %j", (typeName, written, value) => {
    const type = parseFieldType(typeName);
    if (type === undefined) throw new Error(`${typeName} is no type`);

    expect(parseConstant(written, type)).toEqual(value);
  });
});

test("tables and views are named after the prefix, or as the settings say", () => {
  expect(lakeNames("openedx", { name: "auth_user" })).toEqual({
    rawName: "openedx_raw_auth_user",
    viewName: "openedx_table_auth_user",
  });
  expect(lakeNames(undefined, { name: "auth_user" })).toEqual({
    rawName: "raw_auth_user",
    viewName: "table_auth_user",
  });
  expect(lakeNames("x", { name: "a", datalakeTableName: "b", datalakeTableView: "c" })).toEqual({
    rawName: "b",
    viewName: "c",
  });
});

describe("did you mean", () => {
  const settings = ["name", "type", "mysql_host", "mysql_port", "mysql_password", "mysql_username", "tables"];

  test.each([
    ["nam", "name"],
    ["Name", "name"],
    ["tpye", "type"],
    ["mysql_user", "mysql_username"],
    ["mysql-host", "mysql_host"],
    ["password", "mysql_password"],
    ["tabels", "tables"],
    ["x", undefined],
    ["", undefined],
    ["something_else", undefined],
  ])("%j → %j", (written, meant) => {
    expect(nearestName(written, settings)).toBe(meant);
  });

  test("nothing is suggested for a single letter, nor of several with the same end", () => {
    expect(nearestName("a", ["b", "c"])).toBeUndefined();
    expect(nearestName("host", ["mysql_host", "mongodb_host"])).toBeUndefined();
  });
});
