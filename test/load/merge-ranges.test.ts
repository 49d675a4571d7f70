import { expect, test } from "vitest";
import type { ManifestFile, ManifestTable } from "../../src/lake/manifest.ts";
import { mergeRanges, type ReadRanges } from "../../src/load/load-key-ranges.ts";
import type { KnownTable } from "../../src/load/plan-load.ts";
import type { KeyRanges } from "../../src/sources/source.ts";
import { type KeyRange, rangesBetween } from "../../src/table/key-range.ts";

const cuts = ["10", "20", "30", "40"];
const field = { name: "modified", overlap: "1 second" };

function fileOf(keys: KeyRange, rowCount: number, load: string): ManifestFile {
  return { key: `${load}/${keys.from ?? ""}.parquet`, byteCount: 1, rowCount, keys };
}

/** Five ranges of ten rows each. */
const known: KnownTable = {
  ...{
    table: "t",
    source: "shop",
    columns: [],
    key: ["id"],
    partitionColumns: [],
    format: "parquet" as const,
  },
  ...{ replaced: [], removals: [] },
  definitions: { raw: true, view: true, rawName: "raw", viewName: "view" },
  load: { run: "r", loadedAt: "", fullAt: "", request: "" } as unknown as NonNullable<ManifestTable["load"]>,
  slices: [{ partition: [], files: rangesBetween(cuts).map((keys) => fileOf(keys, 10, "before")) }],
};

interface World {
  /** At the source, by range. */
  readonly rowCounts: readonly number[];
  readonly changed: readonly number[];
  /** How the counting beside ends. */
  readonly beside?: "counts" | "is lost";
  /** As the reader finds them, where they differ. */
  readonly rowsRead?: readonly number[];
}

async function merge({ rowCounts, changed, beside, rowsRead = rowCounts }: World): Promise<unknown> {
  const told: string[] = [];
  const keyRanges: KeyRanges = {
    cut: async () => [],
    changed: async () => new Map(changed.map((place) => [place, 1])),
    rowCounts: async () => {
      told.push("count");
      return rowCounts;
    },
    explain: async () => ({ changed: "index", rowCounts: "whole-index" }),
    rangeOf: ({ from = "" }) => from,
    ...(beside && {
      rowCountsBeside: async () => {
        told.push("count beside");
        if (beside === "is lost") throw new Error("the connection was lost");
        return rowCounts;
      },
    }),
  };
  const readRanges: ReadRanges = async (toRead, firstFileNumber) => {
    if (toRead.length > 0) told.push(`read ${toRead.map(({ keys }) => keys.from ?? "").join(" and ")}`);
    const files = toRead.map(({ keys }, i) => {
      const place = keys.from === undefined ? 0 : cuts.indexOf(keys.from) + 1;
      return fileOf(keys, rowsRead[place] ?? 0, `now ${firstFileNumber + i}`);
    });
    const receipts = files.map(({ key }) => ({ key })) as never;
    const slices = [{ partition: [], files }];
    return {
      loaded: { rowCount: 0, slices, alterations: [], receipts },
      read: files.map((file) => ({ keys: file.keys ?? {}, files: [file] })),
      rowCounts: files.map(({ rowCount }) => rowCount),
    };
  };
  const plan = { ...{ strategy: "merge" as const, known, since: "", field }, keyRanges, rowsPerRange: 10 };
  const merged = await mergeRanges(plan, "now", readRanges);
  if (typeof merged === "string") return [...told, merged];
  const { slices, rowCount, readRanges: read, keptRanges } = merged;
  return { told, files: slices[0]?.files.map(({ key }) => key), rowCount, ranges: [read, keptRanges] };
}

const before = ["before/.parquet", "before/10.parquet", "before/20.parquet", "before/30.parquet"];

test("rows are counted before anything is read where one connection does both", async () => {
  expect(await merge({ rowCounts: [10, 10, 10, 10, 12], changed: [4] })).toEqual({
    told: ["count", "read 40"],
    files: [...before, "now 0/40.parquet"],
    ...{ rowCount: 52, ranges: [1, 4] },
  });
});

test("what changed is read while the rows are counted beside", async () => {
  expect(await merge({ rowCounts: [10, 10, 10, 10, 12], changed: [4], beside: "counts" })).toEqual({
    told: ["count beside", "read 40"],
    files: [...before, "now 0/40.parquet"],
    ...{ rowCount: 52, ranges: [1, 4] },
  });
});

test("what turns out to have other numbers of rows is read then, into files of other names", async () => {
  expect(await merge({ rowCounts: [10, 9, 10, 10, 12], changed: [4], beside: "counts" })).toEqual({
    told: ["count beside", "read 40", "read 10"],
    files: ["before/.parquet", "now 1/10.parquet", ...before.slice(2), "now 0/40.parquet"],
    ...{ rowCount: 51, ranges: [2, 3] },
  });
});

test("where the counting beside is lost the reader counts", async () => {
  expect(await merge({ rowCounts: [10, 10, 10, 10, 12], changed: [4], beside: "is lost" })).toEqual({
    told: ["count beside", "read 40", "count"],
    files: [...before, "now 0/40.parquet"],
    ...{ rowCount: 52, ranges: [1, 4] },
  });
});

test.each<[what: string, world: World, told: readonly string[]]>([
  [
    "what was read has not the rows that were counted",
    { rowCounts: [10, 10, 10, 10, 12], changed: [4], beside: "counts", rowsRead: [10, 10, 10, 10, 11] },
    ["count beside", "read 40", "slices-not-whole"],
  ],
  [
    "most has changed",
    { rowCounts: [10, 10, 10, 10, 12], changed: [2, 3, 4], beside: "counts" },
    ["count beside", "most-slices-changed"],
  ],
  [
    "most turns out to have other numbers of rows",
    { rowCounts: [9, 9, 9, 9, 12], changed: [4], beside: "counts" },
    ["count beside", "read 40", "most-slices-changed"],
  ],
])("the table is read as a whole where %s", async (_, world, told) => {
  expect(await merge(world)).toEqual(told);
});
