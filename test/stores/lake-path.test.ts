import { describe, expect, test } from "vitest";
import {
  apartParquetKey,
  assertSegmentLength,
  csvKey,
  describeSystemKey,
  encodePartitionValue,
  keyWithoutValues,
  type LakePlace,
  leadsToLeases,
  leadsToManifests,
  leaseKey,
  manifestKey,
  parquetKey,
  receiptsFolder,
  receiptsKey,
  runOfFile,
  runOfReceipts,
  sliceFolder,
  stagedCsvKey,
  structureIdOf,
  structureIndexKey,
  structureKey,
  tableFolder,
} from "../../src/stores/lake-path.ts";
import { newRunId, runStartedAt } from "../../src/stores/run-id.ts";

const lake: LakePlace = {
  basePrefix: "openedx",
  basePartition: [{ column: "lms", value: "lms.example.com" }],
};
const plain: LakePlace = { basePrefix: undefined, basePartition: [] };
const run = "20261124T221530Z-3fa92c";
const course = [{ column: "course_id", value: "course-v1:edX+DemoX+2024" }];

describe("A key", () => {
  test("is the original's for a CSV table with base and field partitions", () => {
    expect(csvKey(lake, "courseware_studentmodule", course)).toBe(
      "openedx/courseware_studentmodule/lms=lms.example.com/" +
        "course_id=course-v1%3AedX%2BDemoX%2B2024/courseware_studentmodule.csv",
    );
  });

  test("has no folder for a base prefix or partitions that are not set", () => {
    expect(csvKey(plain, "auth_user", [])).toBe("auth_user/auth_user.csv");
    expect(csvKey({ ...plain, basePrefix: "" }, "auth_user", [])).toBe("auth_user/auth_user.csv");
    expect(csvKey({ ...plain, basePrefix: "/a/b/" }, "auth_user", [])).toBe("a/b/auth_user/auth_user.csv");
  });

  test("of a Parquet file holds the run", () => {
    expect(parquetKey(lake, "orders", [{ column: "country", value: "ar" }], run, 12)).toBe(
      `openedx/orders/lms=lms.example.com/country=ar/${run}/part-00012.parquet`,
    );
    expect(parquetKey(plain, "orders", [], run, 123_456)).toBe(`orders/${run}/part-123456.parquet`);
  });

  test("keeps partitions in the order given, base partitions first", () => {
    const partition = [
      { column: "b", value: "1" },
      { column: "a", value: "2" },
    ];

    expect(sliceFolder(lake, "t", partition)).toBe("openedx/t/lms=lms.example.com/b=1/a=2/");
    expect(tableFolder(lake, "t")).toBe("openedx/t/lms=lms.example.com/");
  });

  test("of manifest, lease and staged file lies below the lake's own system folder", () => {
    expect(manifestKey(lake)).toBe("openedx/_panorama/lms=lms.example.com/manifest.json");
    expect(manifestKey(plain)).toBe("_panorama/manifest.json");
    expect(leaseKey(lake, run)).toBe(`openedx/_panorama/lms=lms.example.com/runs/${run}.json`);
    expect(stagedCsvKey(lake, "t", course, run)).toBe(
      `openedx/_panorama/lms=lms.example.com/staging/${run}/t/course_id=course-v1%3AedX%2BDemoX%2B2024/t.csv`,
    );
  });

  test.each([
    ["auth_user", "auth_user"],
    ["Order Details", "Order Details"],
    ["país", "país"],
    ["a/b", "a%2Fb"],
    ["..", "%2E."],
    [".hidden", "%2Ehidden"],
    ["100%", "100%25"],
    ["_panorama", "%5Fpanorama"],
    ["a\0\nb", "a%00%0Ab"],
  ])("of table %j has the folder %j", (table, folder) => {
    expect(tableFolder(plain, table)).toBe(`${folder}/`);
  });
});

describe("A partition value", () => {
  test.each([
    ["", ""],
    ["plain-1_2.3~4", "plain-1_2.3~4"],
    ["a b", "a%20b"],
    ["Org/Course/Run", "Org%2FCourse%2FRun"],
    ["!*'()", "%21%2A%27%28%29"],
    ["100%", "100%25"],
    ["a=b&c", "a%3Db%26c"],
    ["ñandú", "%C3%B1and%C3%BA"],
    ["日本", "%E6%97%A5%E6%9C%AC"],
    ["🎓", "%F0%9F%8E%93"],
    ["a\nb\0", "a%0Ab%00"],
    ["..", ".."],
    [null, "__HIVE_DEFAULT_PARTITION__"],
    ["__HIVE_DEFAULT_PARTITION__", "%5F_HIVE_DEFAULT_PARTITION__"],
    ["NULL", "NULL"],
  ])("%j is spelled %j", (value, spelled) => {
    expect(encodePartitionValue(value)).toBe(spelled);
  });

  test("is spelled so that decoding gives it back", () => {
    const everyByte = Array.from({ length: 0x250 }, (_, i) => String.fromCodePoint(i)).join("");

    for (const text of [everyByte, "__HIVE_DEFAULT_PARTITION__"]) {
      expect(decodeURIComponent(encodePartitionValue(text))).toBe(text);
    }
  });

  test("of a column with an odd name keeps that apart from the value", () => {
    expect(sliceFolder(plain, "t", [{ column: "a=b/c", value: "d" }])).toBe("t/a%3Db%2Fc=d/");
  });
});

describe("A run's id", () => {
  test("tells to the second when the run began, and sorts by it", () => {
    const began = new Date("2026-11-24T22:15:30.987Z");

    const id = newRunId(began);

    expect(id).toMatch(/^20261124T221530Z-[0-9a-f]{6}$/);
    expect(runStartedAt(id)).toEqual(new Date("2026-11-24T22:15:30Z"));
    expect(newRunId(began)).not.toBe(id);
  });

  test("is found in the keys of its files", () => {
    expect(runOfFile(lake, parquetKey(lake, "t", [], run, 0))).toBe(run);
    expect(runOfFile(lake, parquetKey(lake, "t", course, run, 7))).toBe(run);
    expect(runOfFile(plain, parquetKey(plain, "t", course, run, 7))).toBe(run);
    expect(runOfFile(lake, stagedCsvKey(lake, "t", course, run))).toBe(run);
    expect(runOfFile(lake, apartParquetKey(lake, "t", course, run, 7))).toBe(run);
  });

  test.each([
    csvKey(lake, "t", course),
    manifestKey(lake),
    leaseKey(lake, run),
    `openedx/t/lms=other.example.com/${run}/part-00000.parquet`,
    `openedx/t/${run}/part-00000.parquet`,
    `other/t/lms=lms.example.com/${run}/part-00000.parquet`,
    `openedx/t/lms=lms.example.com/folder/${run}/part-00000.parquet`,
    `openedx/t/lms=lms.example.com/${run}/other.parquet`,
    `openedx/t/lms=lms.example.com/${run}/a=1/part-00000.parquet`,
    "openedx/t/lms=lms.example.com/20261124/part-00000.parquet",
    `openedx/_panorama/lms=lms.example.com/${run}/part-00000.parquet`,
    `openedx/_panorama/lms=lms.example.com/staging/notes.csv`,
    `openedx/_panorama/staging/${run}/t/t.csv`,
  ])("is not found in %s", (key) => {
    expect(runOfFile(lake, key)).toBeUndefined();
  });

  test("is found in its lease's key, of whichever lake", () => {
    expect(describeSystemKey(leaseKey(lake, run))).toEqual({ kind: "lease", run });
    expect(describeSystemKey(leaseKey(plain, run))).toEqual({ kind: "lease", run });
    expect(describeSystemKey(manifestKey(lake))).toEqual({ kind: "manifest" });
    expect(describeSystemKey(manifestKey(plain))).toEqual({ kind: "manifest" });
    expect(describeSystemKey("_panorama/runs/notes.json")).toBeUndefined();
    expect(describeSystemKey(stagedCsvKey(lake, "manifest.json", [], run))).toBeUndefined();
  });
});

describe("Manifests and leases are looked for", () => {
  const folders = ["runs/", "lms=lms.example.com/", "lms=lms.example.com/runs/", "history/", "staging/"];

  test("in the folders of lakes, and of runs", () => {
    const below = folders.map((folder) => `openedx/_panorama/${folder}`);

    expect(below.map(leadsToManifests)).toEqual([false, true, false, false, false]);
    expect(below.map(leadsToLeases)).toEqual([true, true, true, false, false]);
  });
});

describe("What is kept of course structures", () => {
  const id = "65f0c0de0000000000000a01";

  test("lies in the lake's own system folder, and is nobody's table, manifest or lease", () => {
    expect(structureKey(lake, id)).toBe(`openedx/_panorama/lms=lms.example.com/structures/${id}.json.gz`);
    expect(structureIndexKey(plain)).toBe("_panorama/structures/courses.json.gz");
    for (const key of [structureKey(plain, id), structureIndexKey(plain)]) {
      expect(describeSystemKey(key)).toBeUndefined();
      expect(runOfFile(plain, key)).toBeUndefined();
    }
  });

  test("tells structures from all else", () => {
    expect(structureIdOf(lake, structureKey(lake, id))).toBe(id);
    for (const key of [structureIndexKey(lake), structureKey(plain, id), manifestKey(lake)]) {
      expect(structureIdOf(lake, key)).toBeUndefined();
    }
  });
});

describe("The receipts of a run", () => {
  test("lie in the lake's own system folder, and tell their run and nothing else", () => {
    expect(receiptsKey(lake, run)).toBe(`openedx/_panorama/lms=lms.example.com/receipts/${run}.json.gz`);
    expect(runOfReceipts(lake, receiptsKey(lake, run))).toBe(run);
    expect(describeSystemKey(receiptsKey(lake, run))).toBeUndefined();
    expect(runOfFile(lake, receiptsKey(lake, run))).toBeUndefined();
    for (const key of [receiptsKey(plain, run), manifestKey(lake), `${receiptsFolder(lake)}notes.json.gz`]) {
      expect(runOfReceipts(lake, key)).toBeUndefined();
    }
  });
});

describe("A message about a key", () => {
  test("shows its names and not its values", () => {
    expect(keyWithoutValues("openedx/t/lms=a/email=ann%40example.com/x.csv")).toBe(
      "openedx/t/lms=…/email=…/x.csv",
    );
  });

  test("about one that no disk can hold names the column and not the value", () => {
    const fits = sliceFolder(plain, "t", [{ column: "name", value: "é".repeat(41) + "abcd" }]);
    const tooLong = sliceFolder(plain, "t", [{ column: "full name", value: "é".repeat(42) }]);

    expect(() => assertSegmentLength(fits)).not.toThrow();
    expect(() => assertSegmentLength(tooLong)).toThrow(
      expect.objectContaining({
        code: "PARTITION_VALUE_TOO_LONG",
        message: expect.not.stringContaining("%C3%A9") as string,
        details: { column: "full name", key: "t/full%20name=…/" },
      }) as Error,
    );
  });
});
