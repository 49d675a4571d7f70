import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { createGoldenTable, expectEveryValue, type GoldenColumn } from "./golden-columns.ts";
import { type DatabaseLake, loadedLake } from "./load-database.ts";

type Columns = Readonly<Record<string, GoldenColumn>>;

/** The text protocol would send the first two as 16777200 and 1.17549e-38. */
const columns: Columns = {
  single: {
    type: "float",
    lake: "FLOAT",
    values: [
      ["16777216.0", "16777216.0", "16777216"],
      ["1.17549435e-38", "1.1754944e-38"],
      ["3.4028234663852886e38", "3.4028235e+38"],
      ["-3.4028234663852886e38", "-3.4028235e+38"],
      ["0.1", "0.1"],
      ["0", "0.0", "0"],
      ["1.4e-45", "1e-45"],
      ["8388607.5", "8388607.5"],
      ["1e7", "10000000.0", "10000000"],
    ],
  },
  single_unsigned: {
    type: "float unsigned",
    lake: "FLOAT",
    values: [["3.4028234663852886e38", "3.4028235e+38"]],
  },
  rounded: { type: "float(7,3)", lake: "FLOAT", values: [["1234.5678", "1234.568"]] },
  named_float: { type: "float(53)", lake: "DOUBLE", values: [["0.1", "0.1"]] },
  double: {
    type: "double",
    lake: "DOUBLE",
    values: [
      ["0", "0.0", "0"],
      ["5e-324", "5e-324"],
      ["2.2250738585072014e-308", "2.2250738585072014e-308"],
      ["1.7976931348623157e308", "1.7976931348623157e+308"],
      ["-1.7976931348623157e308", "-1.7976931348623157e+308"],
      ["0.1", "0.1"],
      ["0.30000000000000004", "0.30000000000000004"],
      ["9007199254740993", "9007199254740992.0", "9007199254740992"],
      ["1e22", "1e+22"],
    ],
  },
  double_rounded: { type: "double(10,3)", lake: "DOUBLE", values: [["1234.5678", "1234.568"]] },
};

/** MariaDB stores it as 0. */
const negativeZero: Columns = {
  single_zero: { type: "float", lake: "FLOAT", values: [["-0e0", "-0.0", "-0"]] },
  double_zero: { type: "double", lake: "DOUBLE", values: [["-0e0", "-0.0", "-0"]] },
};

const bitsOfSingle = [
  ...["4b800000", "00800000", "7f7fffff", "ff7fffff", "3dcccccd"],
  ...["00000000", "00000001", "4affffff", "4b189680", null],
];
const bitsOfDouble = [
  ...["0000000000000000", "0000000000000001", "0010000000000000", "7fefffffffffffff"],
  ...[
    "ffefffffffffffff",
    "3fb999999999999a",
    "3fd3333333333334",
    "4340000000000000",
    "4480f0cf064dd592",
    null,
  ],
];

describeOnServers("floating point numbers reach the lake exactly", (server) => {
  test("as the nearest text", async () => {
    await using db = await server.database();

    await expectEveryValue(db, columns);
  });

  test.runIf(server.kind === "mysql")("with the sign of a zero", async () => {
    await using db = await server.database();

    await expectEveryValue(db, negativeZero);
  });

  test.each(["parquet", "csv"] as const)("bit for bit in %s", async (format) => {
    await using db = await server.database();
    await createGoldenTable(db, columns);

    await using lake = await loadedLake(db, { tables: [{ name: "golden" }], format });

    expect(await bitsOf(lake, "single", 4)).toEqual(bitsOfSingle);
    expect(await bitsOf(lake, "double", 8)).toEqual(bitsOfDouble);
  });
});

/** The column's values as IEEE 754 has them, by a reader that makes no text of them. */
async function bitsOf(lake: DatabaseLake, column: string, size: 4 | 8): Promise<readonly (string | null)[]> {
  const instance = await DuckDBInstance.create(join(lake.folder, "lake/panorama.duckdb"), {
    access_mode: "READ_ONLY",
  });
  const connection = await instance.connect();
  try {
    const sql = `select "${column}" from table_golden order by id`;
    const answer = await connection.runAndReadAll(sql);
    const view = new DataView(new ArrayBuffer(8));
    return answer.getRows().map(([value]) => {
      if (value === null) return null;
      if (size === 4) view.setFloat32(0, Number(value));
      else view.setFloat64(0, Number(value));
      return Buffer.from(view.buffer, 0, size).toString("hex");
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
