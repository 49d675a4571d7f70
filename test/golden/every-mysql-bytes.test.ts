import { test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { expectEveryValue, type GoldenColumn, type GoldenValue } from "./golden-columns.ts";

/** Values by their hexadecimal digits. */
function bytes(type: string, ...values: readonly string[]): GoldenColumn {
  return { type, lake: "BLOB", values: values.map((hex) => [`x'${hex}'`, `\\x${hex}`]) };
}

const point = "010100000000000000000000400000000000000840"; // (2 3), little-endian WKB
const line = "01020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f";

/** Both servers keep a geometry as four bytes of its reference system and WKB. */
function geometry(type: string, ...values: readonly (readonly [wkt: string, wkb: string])[]): GoldenColumn {
  return {
    type,
    lake: "BLOB",
    values: values.map(([wkt, wkb]): GoldenValue => [`ST_GeomFromText('${wkt}')`, `\\x00000000${wkb}`]),
  };
}

describeOnServers("bytes reach the lake exactly", (server) => {
  test("binary with its trailing zeros, varbinary and blobs", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      binary: {
        type: "binary(4)",
        lake: "BLOB",
        values: [
          ["''", "\\x00000000"],
          ["x'61'", "\\x61000000"],
          ["x'0000ff00'", "\\x0000ff00"],
          ["x'20202020'", "\\x20202020"],
        ],
      },
      varbinary: bytes(
        "varbinary(9)",
        "",
        "00",
        "0000",
        "ff",
        "610020",
        "6e756c6c",
        "4e554c4c",
        "0d0a225c2c",
      ),
      tinyblob: bytes("tinyblob", "", "00", "ab".repeat(250), "ab".repeat(255)),
      blob: bytes("blob", "", "c328", "cd".repeat(251), "cd".repeat(65_535)),
      mediumblob: bytes("mediumblob", "", "ef".repeat(65_536), "01".repeat(1_000_001)),
      longblob: bytes("longblob", "", "00010203"),
      uuid_bytes: bytes("binary(16)", "000102030405060708090a0b0c0d0e0f"),
      char_byte: bytes("char(2) byte", "0100"),
      text_as_bytes: bytes("varchar(4) character set binary", "", "ff00"),
    });
  });

  test("geometries as the server keeps them", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      geometry: geometry("geometry", ["POINT(2 3)", point], ["LINESTRING(0 0,1 1)", line]),
      point: geometry("point", ["POINT(2 3)", point]),
      linestring: geometry("linestring", ["LINESTRING(0 0,1 1)", line]),
      polygon: geometry("polygon", [
        "POLYGON((0 0,1 1,0 0,0 0))",
        `010300000001000000040000000000000000000000000000000000000000000000${"0000f03f000000000000f03f"}${"00".repeat(32)}`,
      ]),
      multipoint: geometry("multipoint", ["MULTIPOINT(2 3)", `010400000001000000${point}`]),
      multilinestring: geometry("multilinestring", [
        "MULTILINESTRING((0 0,1 1))",
        `010500000001000000${line}`,
      ]),
      collection: geometry("geometrycollection", [
        "GEOMETRYCOLLECTION(POINT(2 3))",
        `010700000001000000${point}`,
      ]),
    });
  });

  test.runIf(server.kind === "mysql")("MySQL's vector as its floats", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      vector: {
        type: "vector(3)",
        lake: "BLOB",
        values: [["string_to_vector('[1,-2,0.5]')", "\\x0000803f000000c00000003f"]],
      },
    });
  });
});
