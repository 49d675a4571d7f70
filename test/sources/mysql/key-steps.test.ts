import { expect, test } from "vitest";
import { stepsOf } from "../../../src/sources/mysql/key-steps.ts";

const cuts = ["131072", "262144", "393216", "425984", "458752"];

test("ranges are made of the widest steps whose ends are theirs", () => {
  const steps = stepsOf(cuts, { low: 1n, high: 500_000n });
  expect(steps?.width).toBe(32_768n);
  const places = [0, 3, 4, 7, 8, 11, 12, 13, 14, 15].map((step) => steps?.placeOf(step));
  expect(places).toEqual([0, 0, 1, 1, 2, 2, 3, 4, 5, 5]);
});

test.each([
  ["there are few ranges", ["10", "20", "30"], 1n, 40n],
  ["keys lie below 0", cuts, -1n, 500_000n],
  ["a range begins below 0", ["-20", "-10", "10", "20"], 0n, 30n],
  ["a range begins at 0", ["0", "10", "20", "30"], 0n, 30n],
  ["keys go far beyond the last cut", cuts, 1n, 32_768n * 16_384n],
  ["cuts have no divisor in common", ["100003", "200001", "300007", "400009"], 1n, 400_010n],
] as const)("there are none where %s", (_, ends, low, high) => {
  expect(stepsOf(ends, { low, high })).toBeUndefined();
});
