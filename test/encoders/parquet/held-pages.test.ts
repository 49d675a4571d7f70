import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import type { HeldPage } from "../../../src/encoders/parquet/held-pages.ts";
import { PageFactory } from "../../../src/encoders/parquet/page-factory.ts";
import { seededRandom } from "../../seeded-random.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";
import { buildProgram } from "../../stores/other-process.ts";

const megabyte = 1 << 20;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Bytes that tell where they belong. */
function pageOf(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const words = new Int32Array(bytes.buffer, 0, length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(number + 1, 0x9e3779b1) + i;
  return bytes;
}

/** Reads what it is given only after others had their turn, as a slow disk does. */
async function written(factory: PageFactory, page: HeldPage, turns: number): Promise<Buffer> {
  let content = Buffer.alloc(0);
  await factory.write(page, {
    async write(bytes) {
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      content = Buffer.from(bytes);
    },
  });
  return content;
}

const withoutHeader = (): Uint8Array => new Uint8Array(0);
const asTheyAre = async (bytes: Uint8Array): Promise<Uint8Array> => bytes;

test("pages beyond the memory go to a file without a name, and come back in any order", async () => {
  await using folder = await temporaryFolder();
  vi.stubEnv("TMPDIR", folder.path);
  await using factory = new PageFactory(asTheyAre);
  const pages: HeldPage[] = [];

  for (let i = 0; i < 60; i++) pages.push(await factory.compressAndHold(pageOf(i, megabyte), withoutHeader));

  expect(await readdir(folder.path)).toEqual([]);
  for (const i of [59, 0, 31, 30, 1, 58, 7]) {
    const content = await written(factory, pages[i] as HeldPage, 0);
    expect(content.equals(pageOf(i, megabyte))).toBe(true);
  }
});

test("a page larger than the memory comes back", async () => {
  await using factory = new PageFactory(asTheyAre);
  const small = await factory.compressAndHold(pageOf(0, 100), withoutHeader);
  const large = await factory.compressAndHold(pageOf(1, 70 * megabyte), withoutHeader);

  expect((await written(factory, large, 0)).equals(pageOf(1, 70 * megabyte))).toBe(true);
  expect((await written(factory, small, 0)).equals(pageOf(0, 100))).toBe(true);
});

test("pages that are held, set aside and written at the same time do not mix", async () => {
  const random = seededRandom(12);
  await using factory = new PageFactory(asTheyAre);
  const lengths = Array.from({ length: 300 }, () => 4 * random.below(random.pick([10, 1000, 200_000])));
  const held: Promise<HeldPage>[] = [];
  const checks: Promise<void>[] = [];

  for (const [i, length] of lengths.entries()) {
    held.push(factory.compressAndHold(pageOf(i, length), withoutHeader));
    if (random.chance(1, 3)) await held[i];
    if (i < 40) continue;
    const number = i - 40;
    const check = async (): Promise<void> => {
      const content = await written(factory, await (held[number] as Promise<HeldPage>), random.below(4));
      expect(content.equals(pageOf(number, lengths[number] as number))).toBe(true);
    };
    checks.push(check());
  }

  await Promise.all([...checks, ...held]);
});

test("a temporary folder that is not there is told as what it is", async () => {
  vi.stubEnv("TMPDIR", "/nowhere/at/all");
  await using factory = new PageFactory(asTheyAre);

  const holding = Promise.all(
    Array.from({ length: 60 }, (_, i) => factory.compressAndHold(pageOf(i, megabyte), withoutHeader)),
  );

  await expect(holding).rejects.toMatchObject({
    code: "STORE_FULL",
    message: expect.stringContaining("/nowhere/at/all") as string,
  });
});

test("a disk that fills up in the middle of a page is noticed", async () => {
  await using folder = await temporaryFolder();
  const program = await buildProgram(new URL("spill-program.ts", import.meta.url), folder.path);
  const shell = 'ulimit -f "$0" && exec "$1" "$2"';

  const run = async (blocks: string): Promise<string> =>
    (await promisify(execFile)("sh", ["-c", shell, blocks, process.execPath, program])).stdout;

  expect(await run("unlimited")).toBe("0 pages are wrong");
  for (const blocks of ["5000", "45000", "60000"]) expect(await run(blocks)).toBe("STORE_FULL");
});
