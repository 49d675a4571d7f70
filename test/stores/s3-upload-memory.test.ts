import { expect, test } from "vitest";
import { SendingWindow } from "../../src/stores/s3/sending-window.ts";
import { type PendingPart, UploadMemory } from "../../src/stores/s3/upload-memory.ts";

test("a part gives back its bytes in order, wherever they waited", async () => {
  const memory = new UploadMemory(256 << 10);
  const parts = Array.from({ length: 30 }, () => memory.newPart());
  const expected: Buffer[][] = parts.map(() => []);

  for (let round = 0; round < 40; round += 1) {
    await Promise.all(
      parts.map(async (part, i) => {
        const piece = Buffer.alloc((round * 977 + i * 131) % 9_001, `${i}.${round};`);
        expected[i]?.push(Buffer.from(piece));
        part.append(piece);
        piece.fill("x");
        await memory.makeRoom();
      }),
    );
  }
  const bodies = await Promise.all(parts.map(bodyOf));

  expect(bodies.map((body, i) => body.equals(Buffer.concat(expected[i] ?? [])))).toEqual(
    parts.map(() => true),
  );
  expect(memory.mostHeld).toBeLessThan((256 << 10) + 30 * (64 << 10));
});

test("a part that was set aside can be read as often as needed, until it is given up", async () => {
  const memory = new UploadMemory(1 << 20);
  const part = memory.newPart();
  const bytes = Buffer.alloc(300_001, "abcdefg");
  part.append(bytes);
  await part.spill();

  for (let time = 0; time < 2; time += 1) {
    const chunks: Buffer[] = [];
    for await (const chunk of part.chunks()) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  }

  await part.discard();
  await part.discard();
  await expect(part.chunks().next()).rejects.toThrow("given up");
  await expect(bodyOf(part)).rejects.toThrow("given up");
});

test("memory is free again when its parts are sent or given up", async () => {
  const memory = new UploadMemory(1 << 20);
  for (let i = 0; i < 20; i += 1) {
    const part = memory.newPart();
    part.append(new Uint8Array(500_000));
    await memory.makeRoom();
    if (i % 2 === 0) await bodyOf(part);
    else await part.discard();
  }

  expect(memory.mostHeld).toBeLessThan(600_000);
});

test("the window lets in what fits, in the order in which it came, and what never fits alone", async () => {
  const window = new SendingWindow(10, 3);
  const entered: string[] = [];
  const leave: Record<string, () => void> = {};
  const enter = (name: string, byteCount: number): void => {
    void window.enter(byteCount).then((left) => {
      entered.push(name);
      leave[name] = left;
    });
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  enter("a", 6);
  enter("b", 6);
  enter("c", 1);
  await settled();
  const first = [...entered];
  leave["a"]?.();
  leave["a"]?.();
  await settled();
  const second = [...entered];
  enter("huge", 99);
  enter("d", 1);
  leave["b"]?.();
  await settled();
  const third = [...entered];
  leave["c"]?.();
  await settled();
  const fourth = [...entered];
  leave["huge"]?.();
  await settled();

  expect([first, second, third, fourth]).toEqual([
    ["a"],
    ["a", "b", "c"],
    ["a", "b", "c"],
    ["a", "b", "c", "huge"],
  ]);
  expect(entered).toEqual(["a", "b", "c", "huge", "d"]);
});

async function bodyOf(part: PendingPart): Promise<Buffer> {
  const body = Buffer.alloc(part.byteCount);
  await part.take(body);
  return body;
}
