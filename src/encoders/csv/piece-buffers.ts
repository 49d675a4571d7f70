const smallest = 16 * 1024;
/** One is on its way while the next is filled. */
const keptPerSize = 2;

/**
 * Memory for pieces on their way to a sink, used over and over: fresh memory costs more than the copying. Sizes are
 * powers of two, and a few MB are kept.
 */
export class PieceBuffers {
  readonly #free = new Map<number, Uint8Array<ArrayBuffer>[]>();

  /** A copy that may be kept until it is given back. */
  copy(piece: Uint8Array): Uint8Array<ArrayBuffer> {
    let size = smallest;
    while (size < piece.length) {
      size *= 2;
    }
    const buffer = this.#free.get(size)?.pop() ?? new Uint8Array(size);
    buffer.set(piece);
    return buffer.subarray(0, piece.length);
  }

  /** Takes what `copy` gave. */
  giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    const free = this.#free.get(buffer.byteLength) ?? [];
    if (free.length < keptPerSize) {
      free.push(new Uint8Array(buffer));
      this.#free.set(buffer.byteLength, free);
    }
  }
}
