import { BufferPool } from "../../table/buffer-pool.ts";

const largestSmall = 4 << 20;
const smallBytesKept = 4 << 20;
const largeKept = 2;

/** Buffers that requests are sent from, used again and again: fresh ones would keep memory high. */
export class BodyBuffers {
  readonly #small = new BufferPool(smallBytesKept);
  readonly #large: Uint8Array[] = [];
  readonly #largeSize: number;

  /** `largeSize` is that of most bodies that are not small. */
  constructor(largeSize: number) {
    this.#largeSize = largeSize;
  }

  /** A buffer of at least `size` bytes; what is in it is undefined. */
  take(size: number): Uint8Array {
    if (size <= largestSmall) return this.#small.take(size);
    if (size > this.#largeSize) return Buffer.allocUnsafeSlow(size);
    return this.#large.pop() ?? Buffer.allocUnsafeSlow(this.#largeSize);
  }

  /** To be called when an answer has come: until then the library may send the body again. */
  giveBack(buffer: Uint8Array): void {
    if (buffer.length <= largestSmall) this.#small.giveBack(buffer);
    else if (buffer.length === this.#largeSize && this.#large.length < largeKept) this.#large.push(buffer);
  }
}
