/**
 * Buffers by the power of two that is their size, used again and again: fresh ones by the gigabyte would
 * keep the garbage collector busy and memory high.
 */
export class BufferPool {
  readonly #spares = new Map<number, Uint8Array[]>();
  readonly #keepBytes: number;

  /** Of each size at most `keepBytes` bytes lie in store; larger buffers are not kept. A power of two. */
  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  /** A buffer of at least `size` bytes at offset 0 of its memory; what is in it is undefined. */
  take(size: number): Uint8Array {
    if (size > this.#keepBytes) return Buffer.allocUnsafeSlow(size);
    const sizeClass = size <= 256 ? 8 : 32 - Math.clz32(size - 1);
    return this.#spares.get(sizeClass)?.pop() ?? Buffer.allocUnsafeSlow(2 ** sizeClass);
  }

  /** Takes a whole buffer of `take` back. */
  giveBack(buffer: Uint8Array): void {
    if (buffer.length > this.#keepBytes) return;
    const sizeClass = 31 - Math.clz32(buffer.length);
    const spares = this.#spares.get(sizeClass);
    if (spares === undefined) this.#spares.set(sizeClass, [buffer]);
    else if ((spares.length + 1) * buffer.length <= this.#keepBytes) spares.push(buffer);
  }
}
