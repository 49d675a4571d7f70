import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { describeOnServers } from "../services/mysql-server.ts";
import { expectEveryValue, type GoldenColumn, type GoldenValue } from "./golden-columns.ts";
import { loadedLake } from "./load-database.ts";

function text(type: string, ...values: readonly GoldenValue[]): GoldenColumn {
  return { type, lake: "VARCHAR", values };
}

/** Stored as its bytes in UTF-8, so that neither the session nor this file's escapes have a say. */
function utf8(value: string): GoldenValue {
  return [`convert(x'${Buffer.from(value).toString("hex")}' using utf8mb4)`, value];
}

function md5(value: string): string {
  return createHash("md5").update(value).digest("hex");
}

const empty: GoldenValue = ["''", ""];

describeOnServers("text reaches the lake exactly", (server) => {
  test("char and varchar, with NULL and the empty text apart", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      // The server takes blanks off the end of a char when it is read.
      char: text("char(5)", empty, ["'a'", "a"], ["'ab  '", "ab"], ["'  b'", "  b"], ["'12345'", "12345"]),
      varchar: text(
        "varchar(40)",
        ...[empty, utf8("a  "), utf8("  a"), utf8(" "), utf8("NULLS"), utf8("null"), utf8("\\N")],
        ...[utf8('"quoted"'), utf8("back\\slash"), utf8("a,b"), utf8("tab\tb"), utf8("'"), utf8("NaN")],
        ...[utf8("nul\0byte"), utf8("\0"), utf8("\u001a"), utf8("\ufeffbom")],
        ...[
          utf8("élève"),
          utf8("e\u0301"),
          utf8("日本語"),
          utf8("😀👩‍👩‍👧"),
          utf8("\u{10ffff}"),
          utf8("\u2028"),
        ],
      ),
      binary_collation: text(
        "varchar(9) character set utf8mb4 collate utf8mb4_bin",
        empty,
        utf8("a "),
        utf8("😀"),
      ),
    });
  });

  test("columns of any character set become UTF-8", async () => {
    await using db = await server.database();

    await expectEveryValue(db, {
      latin1: text("varchar(9) character set latin1", empty, utf8("é€ÿ"), utf8("ß ")),
      latin1_text: text("text character set latin1", empty, utf8("é€ÿ")),
      latin2: text("varchar(9) character set latin2", empty, utf8("łŐ")),
      cp1251: text("varchar(9) character set cp1251", empty, utf8("Жю")),
      utf8mb3: text("varchar(9) character set utf8mb3", empty, utf8("日本")),
      utf16: text("varchar(9) character set utf16", empty, utf8("😀é")),
      utf16le: text("char(9) character set utf16le", empty, utf8("😀é")),
      utf32: text("varchar(9) character set utf32", empty, utf8("😀é")),
      ucs2: text("varchar(9) character set ucs2", empty, utf8("日é")),
      sjis: text("varchar(9) character set sjis", empty, utf8("表示ソ"), utf8("ｱ")),
      ujis: text("varchar(9) character set ujis", empty, utf8("表示")),
      gbk: text("varchar(9) character set gbk", empty, utf8("中文")),
      big5: text("varchar(9) character set big5", empty, utf8("功能")),
      ascii: text("varchar(9) character set ascii", empty, utf8("a\\b")),
      enum: text("enum('é','b') character set latin1", utf8("é")),
      set: text("set('é','b') character set latin1", empty, ["'b,é'", "é,b"]),
    });
  });

  test("enum and set by name, the empty error value included", async () => {
    await using db = await server.database();
    await db.query("set sql_mode = ''");

    await expectEveryValue(db, {
      enum: text(
        "enum('small','it''s','a,b','')",
        ["'small'", "small"],
        ["2", "it's"],
        ["3", "a,b"],
        ["4", ""],
      ),
      wrong_enum: text("enum('a','b')", ["'c'", ""], ["0", ""], ["'a'", "a"]),
      set: text("set('r','w','x')", empty, ["'r'", "r"], ["'x,r'", "r,x"], ["7", "r,w,x"]),
      widest_set: text(
        `set(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(",")})`,
        ["9223372036854775808", "m63"],
        ["1", "m0"],
      ),
    });
  });

  test("json as the server spells it", async () => {
    await using db = await server.database();
    // MySQL keeps json in a form of its own, MariaDB as it was written.
    const written = '{"b": [1,2.50], "a":null,  "é": "x\\"y\\\\z 😀"}';
    const kept = server.kind === "mariadb" ? written : '{"a": null, "b": [1, 2.5], "é": "x\\"y\\\\z 😀"}';

    await expectEveryValue(db, {
      json: text(
        "json",
        [utf8(written)[0], kept],
        ["'null'", "null"],
        ["'\"text\"'", '"text"'],
        ["'[]'", "[]"],
        ["'18446744073709551615'", "18446744073709551615"],
      ),
    });
  });

  test.runIf(server.kind === "mariadb")("MariaDB's uuid and addresses", async () => {
    await using db = await server.database();
    const uuid = "123e4567-e89b-12d3-a456-426655440000";

    await expectEveryValue(db, {
      uuid: text(
        "uuid",
        [`'${uuid}'`, uuid],
        ["'00000000-0000-0000-0000-000000000000'", uuid.replace(/\w/g, "0")],
      ),
      inet6: text("inet6", ["'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329"], ["'::'", "::"]),
      inet4: text("inet4", ["'192.0.2.1'", "192.0.2.1"], ["'0.0.0.0'", "0.0.0.0"]),
    });
  });

  test("long texts, each at the border where its length is spelled otherwise", async () => {
    await using db = await server.database();
    const long = (count: number): GoldenValue => [`repeat('x', ${count})`, "x".repeat(count)];

    await expectEveryValue(db, {
      tinytext: text("tinytext", empty, long(250), long(251), long(255)),
      text: text("text", empty, long(699), long(700), long(701), long(65_535)),
      mediumtext: text("mediumtext", empty, long(65_536), long(2_000_003)),
      longtext: text("longtext", empty, long(1)),
    });
  });

  test("a text of more than 16 MB, which no packet holds", async () => {
    await using db = await server.database();
    const [limit] = await db.query("select @@global.max_allowed_packet as bytes");
    expect(Number(limit?.["bytes"])).toBeGreaterThan(40_000_000);
    // A row whose packet is full is followed by an empty packet: that is the second one.
    const texts = [
      "x".repeat(16_777_200),
      "x".repeat(16_777_201),
      "x".repeat(16_777_202),
      "é".repeat(17_000_000),
      "",
    ];
    await db.query("create table big (id int primary key, t longtext, after_it varchar(9))");
    for (const [id, text] of texts.entries()) {
      await db.query(`insert into big values (${id}, repeat('${text.charAt(0)}', ${text.length}), 'after')`);
    }

    await using lake = await loadedLake(db, { tables: [{ name: "big" }] });

    const answer = await lake.ask("select strlen(t), md5(t), after_it from table_big order by id");
    expect(answer.rows).toEqual(texts.map((text) => [String(Buffer.byteLength(text)), md5(text), "after"]));
  });

  test("the text NULL and line breaks survive in Parquet, and are counted in CSV", async () => {
    await using db = await server.database();
    await db.query(`
      create table odd (id int primary key, t varchar(40));
      insert into odd values (1, 'NULL'), (2, 'two\\nlines\\r\\n'), (3, null), (4, '')`);

    await using parquet = await loadedLake(db, { tables: [{ name: "odd" }], format: "parquet" });
    await using csv = await loadedLake(db, { tables: [{ name: "odd" }], format: "csv" });

    const sql = "select t from table_odd order by id";
    expect((await parquet.ask(sql)).rows).toEqual([["NULL"], ["two\nlines\r\n"], [null], [""]]);
    expect((await csv.ask(sql)).rows).toEqual([["NULL"], ["two\\nlines\\r\\n"], [null], [""]]);
    expect(parquet.events.find(({ kind }) => kind === "table-loaded")).toMatchObject({ alterations: [] });
    expect(csv.events.find(({ kind }) => kind === "table-loaded")).toMatchObject({
      alterations: [
        { column: "t", kind: "line-break", count: 1 },
        { column: "t", kind: "text-null", count: 1 },
      ],
    });
  });
});
