import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type PrivacySwitch, type TablePrivacy } from "../../src/privacy/privacy-rules.ts";
import { withPrivacy } from "../../src/privacy/private-source.ts";
import type { Source } from "../../src/sources/source.ts";
import { field, openReading, readTable, sourceInMemory, type TableColumns } from "./source-in-memory.ts";

const key = "a key of the test's own";

/** As any other program makes it. */
function hashOf(text: string | Uint8Array): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

function demanding(switches: Readonly<Record<string, PrivacySwitch>>): TablePrivacy {
  return { demanded: new Map(Object.entries(switches)), presumed: new Map(), others: "keep" };
}

function privately(columns: TableColumns, switches: Readonly<Record<string, PrivacySwitch>>): Source {
  const tables = new Map([["people", demanding(switches)]]);
  return withPrivacy(sourceInMemory({ people: columns }), { tables, key });
}

const people = {
  id: ["int32", [1, 42, 3]],
  email: ["text", ["a@x.org", null, "ñ@x.org"]],
  joined: ["timestamp", [1_700_000_000_000_000n, -1n, null]],
} satisfies TableColumns;

describe("hash", () => {
  test.each<[kind: string, columns: TableColumns, written: readonly (string | Uint8Array | null)[]]>([
    ["text", { x: ["text", ["a@x.org", null, "", "ñ 🎓"]] }, ["a@x.org", null, "", "ñ 🎓"]],
    ["bytes", { x: ["bytes", [Uint8Array.of(0, 255), null]] }, [Uint8Array.of(0, 255), null]],
    ["int32", { x: ["int32", [42, null, -7]] }, ["42", null, "-7"]],
    ["int64", { x: ["int64", [42n, 2n ** 62n, null]] }, ["42", "4611686018427387904", null]],
    [
      "unsigned bigint",
      { x: [{ kind: "decimal", precision: 20, scale: 0 }, [42n, 2n ** 64n - 1n]] },
      ["42", "18446744073709551615"],
    ],
    ["decimal", { x: [{ kind: "decimal", precision: 5, scale: 2 }, [50n, null]] }, ["0.50", null]],
    ["double", { x: ["double", [42, 0.5]] }, ["42", "0.5"]],
    ["float", { x: ["float", [42, 0.5]] }, ["42", "0.5"]],
    ["date", { x: ["date", [0, null]] }, ["1970-01-01", null]],
    ["timestamp", { x: ["timestamp", [1n]] }, ["1970-01-01 00:00:00.000001"]],
  ])("of %s is the keyed hash of the value as it is written, and NULL stays", async (_, columns, written) => {
    const source = privately(columns, { x: "hash" });

    expect(await readTable(source, "people")).toEqual({
      x: written.map((text) => (text === null ? null : hashOf(text))),
    });
    expect((await openReading(source, "people")).schema.columns).toEqual([
      { name: "x", type: { kind: "text" }, nullable: false, nativeType: "char(64)" },
    ]);
  });

  test("is of no use without the key, and another with another key", async () => {
    const hashes = async (own: string): Promise<unknown> => {
      const tables = new Map([["people", demanding({ id: "hash" })]]);
      return (await readTable(withPrivacy(sourceInMemory({ people }), { tables, key: own }), "people"))["id"];
    };

    expect(await hashes("another key than that")).not.toEqual(await hashes(key));
    expect(() =>
      withPrivacy(sourceInMemory({ people }), {
        tables: new Map([["people", demanding({ id: "hash" })]]),
        key: "",
      }),
    ).toThrow("there is no key");
  });

  test("is right for more values than are remembered", async () => {
    const ids = Array.from({ length: 220_000 }, (_, i) => i % 110_000);
    const source = privately({ id: ["int32", ids] }, { id: "hash" });

    const { id = [] } = await readTable(source, "people");

    expect([0, 99_999, 100_000, 109_999, 110_000, 219_999].map((row) => id[row])).toEqual(
      [0, 99_999, 100_000, 109_999, 0, 109_999].map((each) => hashOf(String(each))),
    );
  });
});

describe("year", () => {
  test.each<[kind: string, columns: TableColumns, years: readonly unknown[], type: object]>([
    ["date", { x: ["date", [0, -1, 20_000, null]] }, [1970, 1969, 2024, null], { kind: "int32" }],
    [
      "timestamp",
      { x: ["timestamp", [0n, -1n, 253_402_300_799_999_999n, null]] },
      [1970, 1969, 9999, null],
      { kind: "int32" },
    ],
    ["int32", { x: ["int32", [1984, null]] }, [1984, null], { kind: "int32" }],
    ["double", { x: ["double", [1984.5]] }, [1984.5], { kind: "double" }],
  ])("of %s", async (_, columns, years, type) => {
    const source = privately(columns, { x: "year" });

    expect(await readTable(source, "people")).toEqual({ x: years });
    expect((await source.describeTable("people")).columns).toMatchObject([{ name: "x", type }]);
  });

  test("of a text is refused", async () => {
    await expect(readTable(privately(people, { email: "year" }), "people")).rejects.toMatchObject({
      code: "SETTINGS_INVALID",
      details: { source: "school", table: "people", column: "email" },
    });
  });
});

test("what is dropped or emptied is not read, and what is emptied keeps its type", async () => {
  const source = sourceInMemory({ people });
  const tables = new Map([["people", demanding({ email: "drop", joined: "null" })]]);
  const privateSource = withPrivacy(source, { tables, key: undefined });

  expect(await readTable(privateSource, "people")).toEqual({ id: [1, 42, 3], joined: [null, null, null] });
  expect(source.readColumns).toEqual(["id"]);
  const columns = [
    { name: "id", type: { kind: "int32" }, nullable: false, nativeType: "native int32" },
    { name: "joined", type: { kind: "timestamp" }, nullable: true, nativeType: "native timestamp" },
  ];
  expect((await openReading(privateSource, "people")).schema.columns).toEqual(columns);
  expect((await privateSource.describeTable("people")).columns).toEqual(columns);
});

test("listed fields keep their order, their spelling and their constants", async () => {
  const source = privately(people, { email: "hash", id: "drop" });

  const read = await readTable(source, "people", [
    field("EMAIL"),
    { ...field("lms"), constant: { value: "a" } },
    field("id"),
    field("joined"),
  ]);

  expect(Object.keys(read)).toEqual(["EMAIL", "lms", "joined"]);
  expect(read["EMAIL"]).toEqual([hashOf("a@x.org"), null, hashOf("ñ@x.org")]);
  expect(read["lms"]).toEqual(["a", "a", "a"]);
});

test("a table without rules, or that its rules leave alone, comes as the source gives it", async () => {
  const source = sourceInMemory({ people, courses: { id: ["int32", [1]] } });
  const tables = new Map([["people", demanding({ id: "keep" })]]);

  expect(withPrivacy(source, { tables: new Map(), key: undefined })).toBe(source);
  const columns = (await openReading(source, "people")).schema.columns;
  const reading = await openReading(withPrivacy(source, { tables, key: undefined }), "people");
  expect(reading.schema.columns).toEqual(columns);
  expect(await readTable(withPrivacy(source, { tables, key: undefined }), "courses")).toEqual({ id: [1] });
});

test("a key tells rows apart as long as none of its columns is dropped, emptied or made a year", async () => {
  const keyWith = async (change: PrivacySwitch): Promise<unknown> =>
    (await openReading(privately(people, { id: change, email: "drop" }), "people")).schema.key;

  expect(await keyWith("hash")).toEqual(["id"]);
  expect(await keyWith("drop")).toEqual([]);
  expect(await keyWith("null")).toEqual([]);
});

test("a rule about a column that is not there fails, or a misspelled name would let the column through", async () => {
  await expect(openReading(privately(people, { emial: "drop" }), "people")).rejects.toMatchObject({
    code: "COLUMN_MISSING",
    message: "Table people has no column emial, which `privacy: drop` is said of",
  });
  await expect(
    openReading(privately(people, { id: "drop", email: "drop", joined: "drop" }), "people"),
  ).rejects.toMatchObject({ code: "COLUMN_MISSING" });
});

test("a listed field that a preset leaves out is news", async () => {
  const privacy: TablePrivacy = {
    demanded: new Map(),
    presumed: new Map([["email", "drop"]]),
    others: "keep",
  };
  const source = withPrivacy(sourceInMemory({ people }), { tables: new Map([["people", privacy]]), key });

  const reading = await openReading(source, "people", [field("id"), field("Email")]);

  expect(reading.schema.columns.map(({ name }) => name)).toEqual(["id"]);
  expect(reading.warnings).toEqual(["left out, as the preset says: Email"]);
  expect((await openReading(source, "people")).warnings).toEqual([]);
});

describe("columns that no rule names", () => {
  const forked: TableColumns = {
    id: ["int32", [1]],
    api_token: ["text", ["t"]],
    password_hint: ["text", ["p"]],
    house: ["text", ["h"]],
  };
  const read = async (privacy: TablePrivacy): Promise<[string[], readonly string[]]> => {
    const tables = new Map([["people", privacy]]);
    const reading = await openReading(
      withPrivacy(sourceInMemory({ people: forked }), { tables, key }),
      "people",
    );
    return [reading.schema.columns.map(({ name }) => name), reading.warnings];
  };
  const presumed = new Map<string, PrivacySwitch>([
    ["id", "keep"],
    ["gone", "drop"],
  ]);

  test("are left out where their names sound of secrets, which is said", async () => {
    expect(await read({ demanded: new Map(), presumed, others: "keep-unless-secret" })).toEqual([
      ["id", "house"],
      [
        "left out, because their names sound of secrets: api_token, password_hint; `privacy: {api_token: keep}` loads a column",
      ],
    ]);
  });

  test("are all left out where the level says so, but for those that are asked for", async () => {
    const demanded = new Map<string, PrivacySwitch>([["house", "keep"]]);

    expect(await read({ demanded, presumed, others: "drop" })).toEqual([
      ["id", "house"],
      [
        "left out, because the preset does not know them: api_token, password_hint; `privacy: {api_token: keep}` loads a column",
      ],
    ]);
  });
});
