import { isDeepStrictEqual } from "node:util";
import { type BatchLimits, type DecodedColumn, RowDecoder } from "./row-decoder.ts";

/**
 * Has one decoder, and so its buffers, serve the statements of a table one after the other: a range of its key takes no
 * memory that the one before has taken already.
 */
export class DecoderLender {
  #free: RowDecoder | undefined;

  /** That of before where it decodes such columns into such batches, with no invalid date counted, else a new one. */
  lend(columns: readonly DecodedColumn[], limits: BatchLimits): RowDecoder {
    const free = this.#free;
    this.#free = undefined;
    if (free === undefined || !isDeepStrictEqual([free.decoded, free.limits], [columns, limits])) {
      return new RowDecoder(columns, limits);
    }
    for (const column of free.columns) column.invalidCount = 0;
    return free;
  }

  /** One that is empty. Its batches may still be out. */
  giveBack(decoder: RowDecoder): void {
    this.#free = decoder;
  }
}
