/** Smaller pieces are copied into memory of their own: a buffer for each would be mostly empty. */
const smallestPooled = 256 * 1024;
const capacity = 1280 * 1024;
/** One is on its way while the next is filled; two files may be written at a time. */
const keptCount = 4;

/** Memory for pieces on their way to a sink, used over and over. */
export class PieceBuffers {
  readonly #free: ArrayBuffer[] = [];

  /** A copy that may be kept until it is given back. */
  copy(piece: Uint8Array): Uint8Array {
    if (piece.length < smallestPooled || piece.length > capacity) {
      return piece.slice();
    }
    const copy = new Uint8Array(this.#free.pop() ?? new ArrayBuffer(capacity), 0, piece.length);
    copy.set(piece);
    return copy;
  }

  giveBack({ buffer }: Uint8Array): void {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === capacity && this.#free.length < keptCount) {
      this.#free.push(buffer);
    }
  }
}
