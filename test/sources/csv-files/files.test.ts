import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { csvWorld } from "./csv-world.ts";

describe("where tables of CSV files come from", () => {
  test("a file is one table named after it, plain or packed", async () => {
    await using plain = await csvWorld({ "orders.csv": "id\n1\n" }, { location: "orders.csv" });
    await using packed = await csvWorld(
      { "orders.2024.csv.gz": gzipSync("id\n1\n") },
      { location: "orders.2024.csv.gz" },
    );

    expect(await plain.source.listTables()).toEqual(["orders"]);
    expect((await plain.read("orders")).rows).toEqual([["1"]]);
    expect(await packed.source.listTables()).toEqual(["orders.2024"]);
    expect((await packed.read("orders.2024")).rows).toEqual([["1"]]);
  });

  test("the only table that the settings list is the file, whatever its name", async () => {
    await using world = await csvWorld(
      { "file.csv": "id\n7\n" },
      { location: "file.csv", listed: ["my_table"] },
    );

    expect(await world.source.listTables()).toEqual(["my_table"]);
    expect((await world.read("my_table")).rows).toEqual([["7"]]);
  });

  test("in a folder each file is a table, and each subfolder is one with all files below it", async () => {
    await using world = await csvWorld({
      "orders.csv": "id\n1\n",
      "people.tsv": "id\tname\n1\tAna\n",
      "visits/2024/02.csv": "id\n2\n",
      "visits/2024/01.csv": "id\n1\n",
      "visits/2025.csv.gz": gzipSync("id\n3\n"),
      "readme.md": "no data",
      ".hidden.csv": "id\n9\n",
      "visits/.tmp/x.csv": "id\n9\n",
      "orders.csv.rejected.csv": "id\nx\n",
    });

    expect(await world.source.listTables()).toEqual(["orders", "people", "visits"]);
    expect((await world.read("people")).rows).toEqual([["1", "Ana"]]);
    expect((await world.read("visits")).rows).toEqual([["1"], ["2"], ["3"]]);
    expect(await world.source.check()).toEqual({
      subject: "files",
      ok: true,
      detail: `3 tables in 5 files at ${world.folder}`,
    });
  });

  test("a pattern is one table of all files that fit, in name order", async () => {
    const files = { "in/orders-2.csv": "id\n2\n", "in/orders-1.csv": "id\n1\n", "in/other.csv": "x\n9\n" };
    await using world = await csvWorld(files, { location: "in/orders-*.csv" });
    await using deep = await csvWorld(
      { "in/a/1.csv": "id\n1\n", "in/b/c/2.csv": "id\n2\n" },
      { location: "in/**/?.csv" },
    );

    expect(await world.source.listTables()).toEqual(["orders"]);
    expect((await world.read("orders")).rows).toEqual([["1"], ["2"]]);
    expect(await deep.source.listTables()).toEqual(["in"]);
    expect((await deep.read("in")).rows).toEqual([["1"], ["2"]]);
  });

  test("two files that would be the same table are refused, for their rows may be the same", async () => {
    await using world = await csvWorld({ "a.csv": "id\n1\n", "a.csv.gz": gzipSync("id\n1\n") });

    await expect(world.source.listTables()).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: expect.stringContaining("would be called a: a.csv and a.csv.gz") as string,
    });
  });

  test("what is not there is said, with what there is", async () => {
    await using world = await csvWorld({ "orders.csv": "id\n1\n", "people.csv": "id\n1\n" });
    await using nowhere = await csvWorld({}, { location: "gone" });
    await using unmatched = await csvWorld({ "a.txt": "" }, { location: "*.csv" });

    await expect(world.open("order")).rejects.toMatchObject({
      code: "TABLE_MISSING",
      message: expect.stringMatching(/^There is no table order at .*: it has orders, people$/) as string,
    });
    expect(await nowhere.source.check()).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^Cannot read .*gone \(ENOENT\) \(SOURCE_UNREADABLE\)\./) as string,
    });
    await expect(unmatched.source.listTables()).rejects.toMatchObject({
      message: expect.stringMatching(/^No file fits /) as string,
    });
  });
});

describe("several files of one table", () => {
  test("have their columns by name, in any order and case; what one lacks is NULL and told", async () => {
    await using world = await csvWorld({
      "t/1.csv": "id,name\n1,Ana\n",
      "t/2.csv": "Name;ID;note\nBob;2;x\n",
    });

    expect(await world.read("t")).toEqual({
      columns: ["id int64", "name text", "note text"],
      rows: [
        ["1", "Ana", null],
        ["2", "Bob", "x"],
      ],
      warnings: ["t/1.csv lacks note: read as NULL"],
    });
  });

  test("one without a byte is passed over", async () => {
    await using world = await csvWorld({ "t/1.csv": "", "t/2.csv": "id\n1\n" });

    expect(await world.read("t")).toMatchObject({ rows: [["1"]], warnings: ["t/1.csv: the file is empty"] });
  });

  test("a table of nothing but empty files has no columns, which is an error", async () => {
    await using world = await csvWorld({ "t.csv": "", "h.csv": "id,name\n" });

    await expect(world.open("t")).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: "t.csv is empty: it has no header row",
    });
    expect(await world.read("h")).toEqual({ columns: ["id text", "name text"], rows: [], warnings: [] });
  });
});

describe("a file that changes or ends while it is read", () => {
  test("fails its table", async () => {
    await using world = await csvWorld({ "t.csv": "id\n1\n" });
    const reading = await world.open("t");
    await world.write({ "t.csv": "id\n1\n2\n" });

    const batches = reading.batches(new AbortController().signal)[Symbol.asyncIterator]();

    await expect(batches.next()).rejects.toMatchObject({
      code: "SOURCE_CUT_SHORT",
      message: "t.csv was changed while it was being read",
    });
  });

  test("as does one that is removed", async () => {
    await using world = await csvWorld({ "t.csv": "id\n1\n" });
    const reading = await world.open("t");
    await rm(join(world.folder, "t.csv"));

    const batches = reading.batches(new AbortController().signal)[Symbol.asyncIterator]();

    await expect(batches.next()).rejects.toMatchObject({ code: "SOURCE_CUT_SHORT" });
  });

  test("as does half of a gzip file, and one that is none", async () => {
    const whole = gzipSync(Buffer.from(`id\n${"1234567\n".repeat(100_000)}`));
    await using world = await csvWorld({
      "half.csv.gz": whole.subarray(0, whole.length - 20),
      "none.csv.gz": "id\n1\n",
    });

    await expect(world.open("half")).rejects.toMatchObject({
      code: "SOURCE_CUT_SHORT",
      message: "half.csv.gz ends too early: it is not a whole gzip file",
    });
    await expect(world.open("none")).rejects.toMatchObject({
      code: "SOURCE_UNREADABLE",
      message: "Cannot read none.csv.gz: it is not a gzip file",
    });
  });

  test("and an interrupted run stops", async () => {
    await using world = await csvWorld({ "t.csv": "id\n1\n" });
    const reading = await world.open("t");
    const interrupt = new AbortController();
    interrupt.abort(new Error("stopped"));

    const batches = reading.batches(interrupt.signal)[Symbol.asyncIterator]();

    await expect(batches.next()).rejects.toThrow("stopped");
  });
});
