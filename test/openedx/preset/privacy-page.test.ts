import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { columnClasses } from "../../../src/openedx/preset/plan-preset.ts";
import { presetTables } from "../../../src/openedx/preset/preset-tables.ts";
import { type PrivacyClass, privacyLevels, switchFor } from "../../../src/openedx/preset/privacy-class.ts";

/** The cells of the rows of every table on the page, by the first cell. */
async function rowsOfPage(): Promise<readonly (readonly string[])[]> {
  const page = await readFile("docs/privacy.md", "utf8");
  return page
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

test("the page has the class of every column that is not plain", async () => {
  const columns = (await rowsOfPage())
    .filter(([, second = ""]) => second.includes("."))
    .flatMap(([privacyClass, list = ""]) => list.split(", ").map((column) => `${column}: ${privacyClass}`));

  const expected = Object.keys(presetTables).flatMap((table) =>
    [...columnClasses(table)]
      .filter(([, privacyClass]) => privacyClass !== "plain")
      .map(([column, privacyClass]) => `${table}.${column}: ${privacyClass}`),
  );
  expect(columns.toSorted()).toEqual(expected.toSorted());
});

test("the page has the switch of every class at every level", async () => {
  const shown = (await rowsOfPage()).filter((cells) => cells.length === 5).slice(1);

  expect(shown.length).toBe(10);
  for (const [privacyClass, , ...switches] of shown) {
    expect([privacyClass, ...switches]).toEqual([
      privacyClass,
      ...privacyLevels.map((level) => switchFor(privacyClass as PrivacyClass, level)),
    ]);
  }
});
