import { output, type TextKernel, textKernel } from "./text-kernel.ts";

/** Longer values are written in parts of this size, so that each part fits behind a place that is not full yet. */
const partByteCount = 32 * 1024;
const emptyText = 0x2222;

const hexDigits = "0123456789abcdef";
const hexPairs: Uint16Array = Uint16Array.from(
  { length: 256 },
  (_, byte) => hexDigits.charCodeAt(byte >> 4) | (hexDigits.charCodeAt(byte & 15) << 8),
);

/** Writes one column of bytes of a file in hexadecimal, value by value. */
export class BytesColumn {
  /** Bytes left of a value that `write` or `writeRest` could not finish. */
  restByteCount = 0;

  readonly #kernel: TextKernel = textKernel();
  #values: DataView = new DataView(new ArrayBuffer(0));
  #next = 0;

  begin(values: DataView): void {
    this.#values = values;
    this.#next = 0;
  }

  /** Writes the next value, or begins to, and returns the address behind. */
  write(to: number): number {
    this.restByteCount = this.#values.getUint32(this.#next, true);
    this.#next += 4;
    if (this.restByteCount === 0) {
      this.#kernel.view.setUint16(to, emptyText);
      return to + 2;
    }
    return this.writeRest(to);
  }

  /** Goes on with a value until it ends or the output is full. */
  writeRest(to: number): number {
    const { view } = this.#kernel;
    let end = to;
    while (this.restByteCount > 0 && end < output.fullAt) {
      const byteCount = Math.min(partByteCount, this.restByteCount);
      for (let index = 0; index < byteCount; index++, end += 2) {
        view.setUint16(end, hexPairs[this.#values.getUint8(this.#next + index)] as number, true);
      }
      this.#next += byteCount;
      this.restByteCount -= byteCount;
    }
    return end;
  }
}
