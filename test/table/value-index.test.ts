import { expect, test } from "vitest";
import { ValueIndex } from "../../src/table/value-index.ts";
import { seededRandom } from "../seeded-random.ts";

/** As a column holds it: behind other bytes, at any place. */
function indexOf(index: ValueIndex, value: Uint8Array, shift = 0): number {
  const values = new Uint8Array(shift + value.length + 5).fill(0x5a);
  values.set(value, shift);
  return index.indexOf(new DataView(values.buffer), values, shift, value.length);
}

const utf8 = (text: string): Uint8Array => Buffer.from(text);

function entriesOf(index: ValueIndex): readonly string[] {
  const { entries } = index;
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  const found: string[] = [];
  for (let at = 0; at < entries.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    found.push(Buffer.from(entries.subarray(at + 4, end)).toString("latin1"));
    at = end;
  }
  return found;
}

test("values are numbered in the order of their first appearance", () => {
  const index = new ValueIndex();

  const numbers = ["b", "a", "", "b", "aa", "a", ""].map((value, shift) =>
    indexOf(index, utf8(value), shift),
  );

  expect(numbers).toEqual([0, 1, 2, 0, 3, 1, 2]);
  expect(index.count).toBe(4);
  expect(entriesOf(index)).toEqual(["b", "a", "", "aa"]);
});

test("any values get the numbers that a map gives them", () => {
  const random = seededRandom(21);
  const index = new ValueIndex();
  const map = new Map<string, number>();

  for (let i = 0; i < 30_000; i++) {
    const length = random.pick([0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 200]);
    const value = Uint8Array.from({ length }, () => random.below(length > 4 ? 2 : 200));
    const key = Buffer.from(value).toString("latin1");
    if (!map.has(key)) map.set(key, map.size);
    expect(indexOf(index, value, random.below(4))).toBe(map.get(key));
  }

  expect(index.count).toBe(map.size);
  expect(entriesOf(index)).toEqual([...map.keys()]);
});

test("values whose hashes are the same are told apart by their bytes", () => {
  const index = new ValueIndex();
  // Of long values only some words are hashed: these differ in all the others.
  const alike = Array.from({ length: 200 }, (_, i) => {
    const value = new Uint8Array(4096);
    value[4 + (i % 100) * 4] = 1 + Math.floor(i / 100);
    return value;
  });

  const first = alike.map((value) => indexOf(index, value));
  const again = alike.map((value) => indexOf(index, value, 3));

  expect(first).toEqual(alike.map((_, i) => i));
  expect(again).toEqual(first);
});

test("a value equals the entry with its bytes and no other", () => {
  const index = new ValueIndex();
  const entry = indexOf(index, utf8("course"));
  const equals = (text: string): boolean => {
    const values = utf8(text);
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    return index.equals(entry, view, values, 0, values.length);
  };

  const answers = ["course", "cours", "courses", "coursf", "bourse", ""].map(equals);

  expect(answers).toEqual([true, false, false, false, false, false]);
});

test("a cleared index starts over", () => {
  const index = new ValueIndex();
  for (let i = 0; i < 500; i++) indexOf(index, utf8(`value ${i}`));

  index.clear();

  expect([index.count, index.entries.length]).toEqual([0, 0]);
  expect([indexOf(index, utf8("value 300")), indexOf(index, utf8("value 0"))]).toEqual([0, 1]);
  expect(entriesOf(index)).toEqual(["value 300", "value 0"]);
});
