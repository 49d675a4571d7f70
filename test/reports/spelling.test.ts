import { expect, test } from "vitest";
import { PanoramaError } from "../../src/errors.ts";
import {
  printable,
  spellAlteration,
  spellBytes,
  spellCounted,
  spellError,
  spellLoaded,
  spellMillis,
} from "../../src/reports/spelling.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 KB"],
  [34_100, "34.1 KB"],
  [999_949, "999.9 KB"],
  [999_950, "1.0 MB"],
  [1_230_000_000, "1.2 GB"],
  [4.5e15, "4.5 PB"],
])("%d bytes are spelled %s", (byteCount, text) => {
  expect(spellBytes(byteCount)).toBe(text);
});

test.each([
  [0, "0.0 s"],
  [180, "0.2 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min 00 s"],
  [125_000, "2 min 05 s"],
  [3_599_400, "59 min 59 s"],
  [3_725_000, "1 h 02 min"],
])("%d milliseconds are spelled %s", (millis, text) => {
  expect(spellMillis(millis)).toBe(text);
});

test("one thing is spelled in the singular", () => {
  expect(spellCounted(1, "file")).toBe("1 file");
  expect(spellCounted(0, "file")).toBe("0 files");
  expect(spellCounted(1_204_000, "row")).toBe("1,204,000 rows");
});

test.each([
  ["full", 1, 0, ""],
  ["full", 4, 0, "  4 slices"],
  ["slices", 1, 3, "  1 of 4 slices"],
  ["merge", 2, 14, "  2 of 16 key ranges"],
] as const)(
  "a %s load tells of %d parts that were read, and %d others, %j",
  (strategy, slices, keptSlices, parts) => {
    const sizes = { rows: 7, bytes: 900, files: 2, millis: 200, alterations: [] };
    const load = { strategy, slices, keptSlices, ...sizes, table: "users", source: "shop" };

    expect(spellLoaded({ kind: "table-loaded", ...load })).toBe(`7 rows  900 B${parts}  2 files  0.2 s`);
  },
);

test("every alteration says what became of the values", () => {
  expect([
    spellAlteration({ column: "last_login", kind: "invalid-date", count: 3 }),
    spellAlteration({ column: "share", kind: "error-value", count: 2 }),
    spellAlteration({ column: "bio", kind: "line-break", count: 1 }),
    spellAlteration({ column: "surname", kind: "text-null", count: 2 }),
  ]).toEqual([
    "last_login: 3 zero or impossible dates became NULL",
    "share: 2 cells with an error such as #N/A became NULL",
    "bio: 1 line break became the two characters \\n or \\r",
    "surname: 2 texts `NULL`, which a reader of the CSV takes for a missing value",
  ]);
});

test("an error is its subject, what happened, its code, and what to do", () => {
  const error = new PanoramaError("SOURCE_UNREACHABLE", "Cannot reach source shop at db:3306", {
    source: "shop",
    table: "orders",
  });

  expect(spellError(error)).toEqual([
    "shop.orders: Cannot reach source shop at db:3306 (SOURCE_UNREACHABLE)",
    "  Check host, port and network; `panorama test-connections` tries only the connections.",
  ]);
});

test("an error of several lines keeps them below its first", () => {
  const error = new PanoramaError(
    "SETTINGS_INVALID",
    "a.yaml has 2 problems:\nline 3: no name\nline 9: no type",
  );

  expect(spellError(error).slice(0, 3)).toEqual([
    "a.yaml has 2 problems: (SETTINGS_INVALID)",
    "  line 3: no name",
    "  line 9: no type",
  ]);
});

test("a name or a message cannot steer the terminal", () => {
  expect(printable("a\u001b[2Jb\tc\u009bd")).toBe("a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d");
});
