/** Larger buffers are rare, and a power of two would waste much of them. */
const largestPooled = 1 << 22;

/**
 * Buffers by the power of two that is their size, used again and again: fresh ones by the gigabyte would
 * keep the garbage collector busy and memory high.
 */
export class BufferPool {
  readonly #spares = new Map<number, Uint8Array[]>();
  readonly #keepBytes: number;
  #spareBytes = 0;

  /** At most `keepBytes` bytes lie in store. */
  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  /** A buffer of at least `size` bytes at offset 0 of its memory; what is in it is undefined. */
  take(size: number): Uint8Array {
    if (size > largestPooled) return Buffer.allocUnsafeSlow(size);
    const sizeClass = size <= 256 ? 8 : 32 - Math.clz32(size - 1);
    const spare = this.#spares.get(sizeClass)?.pop();
    if (spare === undefined) return Buffer.allocUnsafeSlow(2 ** sizeClass);
    this.#spareBytes -= spare.length;
    return spare;
  }

  /** Takes a whole buffer of `take` back. */
  giveBack(buffer: Uint8Array): void {
    if (buffer.length > largestPooled || this.#spareBytes + buffer.length > this.#keepBytes) return;
    this.#spareBytes += buffer.length;
    const sizeClass = 31 - Math.clz32(buffer.length);
    const spares = this.#spares.get(sizeClass);
    if (spares === undefined) this.#spares.set(sizeClass, [buffer]);
    else spares.push(buffer);
  }
}
