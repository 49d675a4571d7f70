import { alterationFlags, output, type TextKernel, textKernel } from "./text-kernel.ts";

const quote = 0x22;

/**
 * Writes one text column of a file, value by value. Texts are copied from the batch into a window of the kernel's
 * memory, many at a time; one that is too long for the window goes through it in parts, in quotes.
 */
export class TextColumn {
  lineBreakCount = 0;
  textNullCount = 0;
  /** Bytes left of a value that `write` or `writeRest` could not finish. */
  restByteCount = 0;

  readonly #kernel: TextKernel = textKernel();
  readonly #windowStart: number;
  readonly #windowByteCount: number;
  #values: Uint8Array = new Uint8Array(0);
  /** Where in the values the window ends. */
  #windowEnd = 0;
  /** The part of the window that is not written yet, as addresses. */
  #from = 0;
  #to = 0;
  #restFlags = 0;

  constructor(windowStart: number, windowByteCount: number) {
    this.#windowStart = windowStart;
    this.#windowByteCount = windowByteCount;
  }

  begin(values: Uint8Array): void {
    this.#values = values;
    this.#windowEnd = 0;
    this.#from = 0;
    this.#to = 0;
  }

  /** Forgets what is in the window: other files may use the kernel before the next value. */
  leaveWindow(): void {
    this.#windowEnd -= this.#to - this.#from;
    this.#from = 0;
    this.#to = 0;
  }

  /** Writes the next value, or begins to, and returns the address behind. */
  write(to: number): number {
    const { bytes, view, writeText } = this.#kernel;
    const staged = this.#to - this.#from - 4;
    if (staged < 0 || view.getUint32(this.#from, true) > staged) {
      this.leaveWindow();
      this.#fillWindow(this.#windowByteCount);
      const byteCount = view.getUint32(this.#from, true);
      if (byteCount > this.#to - this.#from - 4) {
        return this.#beginLongText(byteCount, to);
      }
    }
    const byteCount = view.getUint32(this.#from, true);
    const end = writeText(this.#from + 4, byteCount, to);
    this.#from += 4 + byteCount;
    if (bytes[0] !== 0) {
      this.#countAlterations(bytes[0] as number);
      bytes[0] = 0;
    }
    return end;
  }

  /** Goes on with a value until it ends or the output is full. */
  writeRest(to: number): number {
    const { bytes, view, writeQuotedPart } = this.#kernel;
    let end = to;
    while (this.restByteCount > 0 && end < output.fullAt) {
      this.#fillWindow(Math.min(this.#windowByteCount, this.restByteCount));
      const byteCount = this.#to - this.#from;
      end = writeQuotedPart(this.#from, byteCount, end);
      this.#from = this.#to;
      this.restByteCount -= byteCount;
    }
    this.#restFlags |= bytes[0] as number;
    bytes[0] = 0;
    if (this.restByteCount === 0) {
      view.setUint8(end++, quote);
      this.#countAlterations(this.#restFlags);
      this.#restFlags = 0;
    }
    return end;
  }

  #beginLongText(byteCount: number, to: number): number {
    this.leaveWindow();
    this.#windowEnd += 4;
    this.restByteCount = byteCount;
    this.#kernel.view.setUint8(to, quote);
    return this.writeRest(to + 1);
  }

  #fillWindow(byteCount: number): void {
    const part = this.#values.subarray(this.#windowEnd, this.#windowEnd + byteCount);
    this.#kernel.bytes.set(part, this.#windowStart);
    this.#windowEnd += part.length;
    this.#from = this.#windowStart;
    this.#to = this.#windowStart + part.length;
  }

  #countAlterations(flags: number): void {
    this.lineBreakCount += flags & alterationFlags.lineBreak ? 1 : 0;
    this.textNullCount += flags & alterationFlags.textNull ? 1 : 0;
  }
}
