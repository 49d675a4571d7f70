import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketBuffer } from "../../../src/sources/mysql/packet-socket.ts";

function packet(length: number, number: number): Buffer {
  const bytes = Buffer.alloc(4 + length, number);
  bytes.writeUIntLE(length, 0, 3);
  bytes[3] = number;
  return bytes;
}

/** Writes `bytes` in pieces of these lengths, over and over, as far as there is room. */
function passOn(bytes: Buffer, pieces: readonly number[], reused: boolean): readonly Buffer[] {
  const passed: Buffer[] = [];
  const packets = new PacketBuffer((part) => passed.push(reused ? Buffer.from(part) : part));
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const room = packets.room();
    const length = bytes.copy(room, 0, at, at + (pieces[turn % pieces.length] as number));
    packets.take(length, reused);
    at += length;
  }
  return passed;
}

const lengths = fc.array(fc.oneof(fc.nat(40), fc.nat(1_000), fc.constantFrom(131_068, 131_069, 300_000)));
const pieces = fc.array(fc.integer({ min: 1, max: 262_144 }), { minLength: 1 });

test("what is read is passed on in its order, whatever the pieces it comes in", () => {
  fc.assert(
    fc.property(lengths, pieces, fc.boolean(), (lengths, pieces, reused) => {
      const bytes = Buffer.concat(lengths.map((length, i) => packet(length, i & 0xff)));
      expect(Buffer.concat(passOn(bytes, pieces, reused)).equals(bytes)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("each piece ends where a packet ends", () => {
  const bytes = Buffer.concat([packet(5, 1), packet(0, 2), packet(7, 3)]);
  expect(passOn(bytes, [3, 8, 1], false).map(({ length }) => length)).toEqual([9, 4, 11]);
});

test("a packet that is longer than half the buffer is passed on as it comes, and the next one whole again", () => {
  const bytes = Buffer.concat([packet(5, 1), packet(200_000, 2), packet(7, 3)]);
  const passed = passOn(bytes, [100_000], false).map(({ length }) => length);
  expect(passed).toEqual([100_000, 100_000, 13 + 11]);
});

test("the pieces of a long packet stay as they are, whose reader keeps them until it is whole", () => {
  const bytes = packet(500_000, 1);
  const passed: Buffer[] = [];
  const packets = new PacketBuffer((part) => passed.push(part));
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.copy(packets.room(), 0, at);
    packets.take(length, true);
    at += length;
  }
  expect(passed.length).toBe(2);
  expect(passed[0]?.equals(bytes.subarray(0, 262_144))).toBe(true);
});

test("bytes that are not to be used again stay as they are", () => {
  const passed: Buffer[] = [];
  const packets = new PacketBuffer((bytes) => passed.push(bytes));
  for (const one of [packet(2, 1), packet(2, 2)]) {
    one.copy(packets.room());
    packets.take(one.length, false);
  }
  expect(passed).toEqual([packet(2, 1), packet(2, 2)]);
});
