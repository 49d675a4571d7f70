import { readWholePart, type WorkbookArchive } from "./workbook-archive.ts";

/**
 * The texts that cells of a workbook refer to by number, as UTF-8 in one buffer: this is what of a workbook is held in
 * memory, whatever the number of rows.
 */
export class SharedStrings {
  bytes: Buffer = Buffer.alloc(1 << 16);
  /** Text `i` is `bytes[ends[i - 1]..ends[i])`. */
  ends: Float64Array = new Float64Array(1 << 10);
  count = 0;

  add(text: string): void {
    const start = this.count === 0 ? 0 : (this.ends[this.count - 1] as number);
    if (start + text.length * 3 > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, start + text.length * 3));
      this.bytes.copy(grown, 0, 0, start);
      this.bytes = grown;
    }
    if (this.count === this.ends.length) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.ends);
      this.ends = grown;
    }
    this.ends[this.count++] = start + this.bytes.write(text, start, "utf8");
  }
}

export async function readSharedStrings(
  archive: WorkbookArchive,
  part: string | undefined,
  signal: AbortSignal,
): Promise<SharedStrings> {
  const strings = new SharedStrings();
  if (part === undefined || !archive.has(part)) return strings;
  const reader = new RichText();
  const handler = {
    open: (name: string) => {
      if (name === "si") reader.clear();
      else reader.open(name);
    },
    text: (text: string) => reader.add(text),
    close: (name: string) => {
      if (name === "si") strings.add(reader.text);
      else reader.close(name);
    },
  };
  await readWholePart(archive, part, handler, signal);
  return strings;
}

/** Puts the runs of a text together, without the readings that stand above Japanese words. */
export class RichText {
  #text = "";
  #isText = false;
  #phonetic = 0;

  get text(): string {
    // How characters that XML cannot have are written: ECMA-376, part 1, 22.9.2.19.
    if (!this.#text.includes("_x")) return this.#text;
    return this.#text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
  }

  clear(): void {
    this.#text = "";
    this.#isText = false;
    this.#phonetic = 0;
  }

  open(name: string): void {
    if (name === "rPh") this.#phonetic++;
    else if (name === "t") this.#isText = this.#phonetic === 0;
  }

  add(text: string): void {
    if (this.#isText) this.#text += text;
  }

  close(name: string): void {
    if (name === "rPh") this.#phonetic--;
    else if (name === "t") this.#isText = false;
  }
}
