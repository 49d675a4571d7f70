import { describe, expect, test } from "vitest";
import type { ManifestFile, ManifestTable } from "../../src/lake/manifest.ts";
import { mergeRanges, type ReadRanges } from "../../src/load/load-key-ranges.ts";
import type { KnownTable } from "../../src/load/plan-load.ts";
import type { KeyDigests, KeyRanges } from "../../src/sources/source.ts";
import { joinDigests } from "../../src/table/key-digest.ts";
import { type KeyRange, rangesBetween } from "../../src/table/key-range.ts";

const cuts = ["10", "20", "30", "40"];
const field = { name: "modified", overlap: "1 second" };

function fileOf(keys: KeyRange, rowCount: number, load: string, keyDigest?: number): ManifestFile {
  const file = { key: `${load}/${keys.from ?? ""}.parquet`, byteCount: 1, rowCount, keys };
  return keyDigest === undefined ? file : { ...file, keyDigest: String(keyDigest) };
}

/** Five ranges of ten rows each; the digests of their keys are 1, 2, 4, 8 and 16. */
const knownAs = (hasDigests: boolean): KnownTable => ({
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
  slices: [
    {
      partition: [],
      files: rangesBetween(cuts).map((keys, i) =>
        fileOf(keys, 10, "before", hasDigests ? 1 << i : undefined),
      ),
    },
  ],
});

interface World {
  /** At the source, by range. */
  readonly rowCounts: readonly number[];
  /** As `rowCounts`, of the keys; those of before where it is left out. */
  readonly digests?: readonly number[];
  readonly changed: readonly number[];
  /** Whether the lake has no digests of its files, as from an earlier version. */
  readonly withoutDigests?: boolean;
  /** How asking beside ends. */
  readonly beside?: "answers" | "is lost";
  /** As the reader finds them, where they differ. */
  readonly rowsRead?: readonly number[];
}

const sameKeys = [1, 2, 4, 8, 16];

async function merge(world: World): Promise<unknown> {
  const { rowCounts, digests = sameKeys, changed, beside, rowsRead = rowCounts, withoutDigests } = world;
  const told: string[] = [];
  const parts = rowCounts.map((rowCount, i) => ({ rowCount, keys: BigInt(digests[i] ?? 0) }));
  const digestsOf = (where: string): KeyDigests => {
    const tell = (what: string): void => {
      told.push(what + where);
      if (where !== "" && beside === "is lost") throw new Error("the connection was lost");
    };
    return {
      whole: async () => {
        tell("whole");
        return joinDigests(parts);
      },
      ofRanges: async () => {
        tell("ranges");
        return parts;
      },
    };
  };
  const keyRanges: KeyRanges = {
    cut: async () => [],
    changed: async () => new Map(changed.map((place) => [place, 1])),
    digests: digestsOf(""),
    explain: async () => ({ changed: "index", rowCounts: "whole-index" }),
    rangeOf: ({ from = "" }) => from,
    ...(beside && { digestsBeside: digestsOf(" beside") }),
  };
  const readRanges: ReadRanges = async (toRead, firstFileNumber) => {
    if (toRead.length > 0) told.push(`read ${toRead.map(({ keys }) => keys.from ?? "").join(" and ")}`);
    const files = toRead.map(({ keys }, i) => {
      const place = keys.from === undefined ? 0 : cuts.indexOf(keys.from) + 1;
      const digest = withoutDigests === true ? undefined : digests[place];
      return fileOf(keys, rowsRead[place] ?? 0, `now ${firstFileNumber + i}`, digest);
    });
    const receipts = files.map(({ key }) => ({ key })) as never;
    const slices = [{ partition: [], files }];
    return {
      loaded: { rowCount: 0, slices, alterations: [], receipts },
      read: files.map((file) => ({ keys: file.keys ?? {}, files: [file] })),
      rowCounts: files.map(({ rowCount }) => rowCount),
    };
  };
  const known = knownAs(withoutDigests !== true);
  const plan = { ...{ strategy: "merge" as const, known, since: "", field }, keyRanges, rowsPerRange: 10 };
  const merged = await mergeRanges(plan, "now", readRanges);
  if (typeof merged === "string") return [...told, merged];
  const { slices, rowCount, readRanges: read, keptRanges } = merged;
  return { told, files: slices[0]?.files.map(({ key }) => key), rowCount, ranges: [read, keptRanges] };
}

const before = ["before/.parquet", "before/10.parquet", "before/20.parquet", "before/30.parquet"];

test("the keys of the whole table are compared with those of the files, what was read among them", async () => {
  expect(await merge({ rowCounts: [10, 10, 10, 10, 12], changed: [4] })).toEqual({
    told: ["read 40", "whole"],
    files: [...before, "now 0/40.parquet"],
    ...{ rowCount: 52, ranges: [1, 4] },
  });
});

test("what changed is read while the server goes through the keys beside", async () => {
  const digests = [1, 2, 4, 8, 17];
  expect(await merge({ rowCounts: [10, 10, 10, 10, 12], digests, changed: [4], beside: "answers" })).toEqual({
    told: ["whole beside", "read 40"],
    files: [...before, "now 0/40.parquet"],
    ...{ rowCount: 52, ranges: [1, 4] },
  });
});

test("where nothing changed and the keys are the same nothing is read", async () => {
  expect(await merge({ rowCounts: [10, 10, 10, 10, 10], changed: [], beside: "answers" })).toMatchObject({
    told: ["whole beside"],
    ranges: [0, 5],
  });
});

test.each<[what: string, world: Pick<World, "rowCounts" | "digests">, rowCount: number]>([
  ["other numbers of rows", { rowCounts: [10, 9, 10, 10, 12], digests: [1, 3, 4, 8, 16] }, 51],
  ["as many rows with other keys", { rowCounts: [10, 10, 10, 10, 12], digests: [1, 3, 4, 8, 16] }, 52],
])("ranges that turn out to have %s are read then, into files of other names", async (_, world, rowCount) => {
  expect(await merge({ ...world, changed: [4], beside: "answers" })).toEqual({
    told: ["whole beside", "read 40", "ranges", "read 10"],
    files: ["before/.parquet", "now 1/10.parquet", ...before.slice(2), "now 0/40.parquet"],
    ...{ rowCount, ranges: [2, 3] },
  });
});

test("other keys are seen where nothing tells of a change", async () => {
  const same = [10, 10, 10, 10, 10];
  expect(await merge({ rowCounts: same, digests: [1, 2, 5, 8, 16], changed: [] })).toMatchObject({
    told: ["whole", "ranges", "read 20"],
    ranges: [1, 4],
  });
});

test("where the connection beside is lost the reader asks", async () => {
  expect(await merge({ rowCounts: [10, 10, 10, 10, 12], changed: [4], beside: "is lost" })).toEqual({
    told: ["whole beside", "read 40", "whole"],
    files: [...before, "now 0/40.parquet"],
    ...{ rowCount: 52, ranges: [1, 4] },
  });
});

describe("Where the lake does not know the keys of its files", () => {
  const world: World = { rowCounts: [10, 10, 10, 10, 12], changed: [4], withoutDigests: true };
  const merged = { files: [...before, "now 0/40.parquet"], ...{ rowCount: 52, ranges: [1, 4] } };

  test("rows are counted before anything is read where one connection does both", async () => {
    expect(await merge(world)).toEqual({ told: ["ranges", "read 40"], ...merged });
  });

  test("what changed is read while they are counted beside", async () => {
    expect(await merge({ ...world, beside: "answers" })).toEqual({
      told: ["ranges beside", "read 40"],
      ...merged,
    });
  });

  test("what turns out to have other numbers of rows is read then", async () => {
    const rowCounts = [10, 9, 10, 10, 12];
    expect(await merge({ ...world, rowCounts, beside: "answers" })).toEqual({
      told: ["ranges beside", "read 40", "read 10"],
      files: ["before/.parquet", "now 1/10.parquet", ...before.slice(2), "now 0/40.parquet"],
      ...{ rowCount: 51, ranges: [2, 3] },
    });
  });

  test("the reader counts where the connection beside is lost", async () => {
    expect(await merge({ ...world, beside: "is lost" })).toEqual({
      told: ["ranges beside", "read 40", "ranges"],
      ...merged,
    });
  });
});

test.each<[what: string, world: World, told: readonly string[]]>([
  [
    "what was read has not the rows that were counted",
    { rowCounts: [10, 10, 10, 10, 12], changed: [4], beside: "answers", rowsRead: [10, 10, 10, 10, 11] },
    ["whole beside", "read 40", "ranges", "slices-not-whole"],
  ],
  [
    "most has changed",
    { rowCounts: [10, 10, 10, 10, 12], changed: [2, 3, 4], beside: "answers" },
    ["whole beside", "ranges", "most-slices-changed"],
  ],
  [
    "most turns out to have other numbers of rows",
    { rowCounts: [9, 9, 9, 9, 12], changed: [4], beside: "answers" },
    ["whole beside", "read 40", "ranges", "most-slices-changed"],
  ],
])("the table is read as a whole where %s", async (_, world, told) => {
  expect(await merge(world)).toEqual(told);
});
