import { expect, test } from "vitest";
import { BufferPool } from "../../src/table/buffer-pool.ts";
import { seededRandom } from "../seeded-random.ts";

const sizes = [0, 1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 4_194_304, 4_194_305, 9_000_001];

test("a buffer is as large as was asked for, and begins where its memory does", () => {
  const pool = new BufferPool(64 << 20);

  for (let round = 0; round < 2; round++) {
    const buffers = sizes.map((size) => pool.take(size));
    for (const [i, size] of sizes.entries()) {
      expect(buffers[i]?.length).toBeGreaterThanOrEqual(size);
      expect(buffers[i]?.byteOffset).toBe(0);
    }
    for (const buffer of buffers) pool.giveBack(buffer);
  }
});

test("a buffer that was given back serves the next of its size, once", () => {
  const pool = new BufferPool(1 << 20);
  const first = pool.take(3000);

  pool.giveBack(first);
  const second = pool.take(4000);
  const third = pool.take(4000);

  expect(second.buffer).toBe(first.buffer);
  expect(third.buffer).not.toBe(first.buffer);
});

test("no more bytes lie in store than the pool may keep", () => {
  const pool = new BufferPool(8192);
  const given = Array.from({ length: 10 }, () => pool.take(4096));

  for (const buffer of given) pool.giveBack(buffer);
  const taken = Array.from({ length: 10 }, () => pool.take(4096));

  const used = taken.filter(({ buffer }) => given.some((one) => one.buffer === buffer));
  expect(used).toHaveLength(2);
});

test("what is larger than the pool's largest is not kept", () => {
  const pool = new BufferPool(64 << 20);
  const large = pool.take(5 << 20);

  pool.giveBack(large);

  expect(pool.take(5 << 20).buffer).not.toBe(large.buffer);
  expect(pool.take(1 << 20).length).toBe(1 << 20);
});

test("two that hold a buffer at the same time never share it", () => {
  const random = seededRandom(2);
  const pool = new BufferPool(1 << 20);
  const held: Uint8Array[] = [];

  for (let i = 0; i < 5000; i++) {
    if (held.length > 0 && random.chance(1, 2)) {
      pool.giveBack(held.splice(random.below(held.length), 1)[0] as Uint8Array);
    } else {
      const size = random.below(random.pick([300, 5000, 200_000]));
      const buffer = pool.take(size);
      expect(buffer.length).toBeGreaterThanOrEqual(size);
      expect(held.some((other) => other.buffer === buffer.buffer)).toBe(false);
      held.push(buffer);
    }
  }
});
