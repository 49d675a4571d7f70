import { expect, test } from "vitest";
import type { ManifestFile, ManifestSlice } from "../../src/lake/manifest.ts";
import {
  filesOfRanges,
  type KeptRange,
  planRanges,
  rangesOfFiles,
  type RangePlan,
} from "../../src/load/plan-key-ranges.ts";
import type { KeyRange } from "../../src/table/key-range.ts";

/** `10:20` is from 10 to below 20; an end that is missing is open. */
function range(text: string): KeyRange {
  const [from = "", below = ""] = text.split(":");
  return { ...(from === "" ? {} : { from }), ...(below === "" ? {} : { below }) };
}

function spell({ from = "", below = "" }: KeyRange): string {
  return `${from}:${below}`;
}

function file(text: string, rowCount: number): ManifestFile {
  return { key: `${text}.parquet`, byteCount: 1, rowCount, keys: range(text) };
}

function sliceOf(...files: readonly ManifestFile[]): readonly ManifestSlice[] {
  return [{ partition: [], files }];
}

const four = [":10", "10:20", "20:30", "30:"].map(
  (text): KeptRange => ({ keys: range(text), files: [file(text, 10)] }),
);

function spellPlan(plan: RangePlan | "most-slices-changed"): unknown {
  if (plan === "most-slices-changed") return plan;
  return {
    kept: plan.kept.map(({ keys }) => spell(keys)),
    toRead: plan.toRead.map(({ keys, rowCount }) => [spell(keys), rowCount]),
  };
}

test.each<[what: string, changed: readonly number[], rowCounts: readonly number[], plan: unknown]>([
  [
    "nothing where nothing has changed",
    [],
    [10, 10, 10, 10],
    { kept: [":10", "10:20", "20:30", "30:"], toRead: [] },
  ],
  [
    "a range with changed rows",
    [1],
    [10, 10, 10, 10],
    { kept: [":10", "20:30", "30:"], toRead: [["10:20", 10]] },
  ],
  [
    "a range with another number of rows",
    [],
    [10, 10, 10, 11],
    { kept: [":10", "10:20", "20:30"], toRead: [["30:", 11]] },
  ],
  ["small neighbours as one", [], [10, 4, 5, 10], { kept: [":10", "30:"], toRead: [["10:30", 9]] }],
  [
    "neighbours that are not small by themselves",
    [0, 1],
    [10, 9, 10, 10],
    {
      kept: ["20:30", "30:"],
      toRead: [
        [":10", 10],
        ["10:20", 9],
      ],
    },
  ],
  [
    "none of those whose rows are gone, which go to their neighbours",
    [],
    [0, 10, 0, 10],
    { kept: [":30", "30:"], toRead: [] },
  ],
  ["all where most rows are in ranges that changed", [0, 2, 3], [10, 10, 10, 10], "most-slices-changed"],
  ["all of a table that is empty", [], [0, 0, 0, 0], "most-slices-changed"],
])("what is read: %s", (_, changed, rowCounts, plan) => {
  expect(spellPlan(planRanges(four, new Map(changed.map((place) => [place, 1])), rowCounts, 10))).toEqual(
    plan,
  );
});

test.each<[what: string, sizes: readonly number[], changed: readonly number[], toRead: unknown]>([
  [
    "as one while that is small, where they are among the newest",
    [4096, 4096, 500, 500, 500],
    [2, 3, 4],
    [
      [":4", 1000, 1024],
      [":5", 500, 1024],
    ],
  ],
  ["each for itself, to be cut, where it is large", [4096, 4096, 4096], [2], [[":3", 4096, 1024]]],
  [
    "as one when they are no longer the newest",
    [4096, 1024, 1024, 1024, 1024, 4096],
    [],
    [[":5", 4096, 4096]],
  ],
  ["not when they are only three", [4096, 1024, 1024, 1024, 4096], [], []],
  ["not while a newer one is missing", [4096, 1024, 1024, 1024, 1024, 4000], [], []],
])("ranges that are smaller than others are read %s", (_, sizes, changed, toRead) => {
  const known = sizes.map((size, i): KeptRange => {
    const keys = { ...(i > 0 && { from: String(i) }), ...(i < sizes.length - 1 && { below: String(i + 1) }) };
    return { keys, files: [{ ...file(":", size), keys }] };
  });
  const plan = planRanges(known, new Map(changed.map((place) => [place, 1])), sizes, 4096);
  if (plan === "most-slices-changed") throw new Error(plan);
  const spelled = plan.toRead.map(({ keys, rowCount, rowsWanted }) => [
    ...[`:${keys.below ?? sizes.length}`, rowCount, rowsWanted],
  ]);
  expect(spelled).toEqual(toRead);
});

test("one range that changed is read, however many rows the table has", () => {
  const [only] = [{ keys: {}, files: [file(":", 3)] }];
  expect(spellPlan(planRanges([only], new Map([[0, 3]]), [3], 10))).toEqual({ kept: [], toRead: [[":", 3]] });
});

test("the ranges of a table are those of its files, several of which may be of one", () => {
  const slices = sliceOf(file("10:20", 1), file(":10", 2), file("10:20", 3), file("20:", 4));
  expect(rangesOfFiles(slices)?.map(({ keys, files }) => [spell(keys), files.length])).toEqual([
    [":10", 1],
    ["10:20", 2],
    ["20:", 1],
  ]);
});

test("a table has none where keys are missing, or files say nothing of keys", () => {
  expect(rangesOfFiles(sliceOf(file(":10", 1), file("20:", 1)))).toBeUndefined();
  expect(rangesOfFiles(sliceOf(file(":10", 1), file("10:20", 1)))).toBeUndefined();
  expect(rangesOfFiles(sliceOf({ key: "a", byteCount: 1, rowCount: 1 }))).toBeUndefined();
  expect(rangesOfFiles([])).toBeUndefined();
});

test("ranges without a file belong to the one before, at the beginning to the one behind", () => {
  const ranges = ["30:", "10:20", "20:30", ":10", "-5:10"].map(
    (text, i): KeptRange => ({ keys: range(text), files: i < 2 ? [file(text, 1)] : [] }),
  );
  expect(filesOfRanges(ranges).map(({ keys = {} }) => spell(keys))).toEqual([":30", "30:"]);
});
