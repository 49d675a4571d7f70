import { BufferPool } from "../../table/buffer-pool.ts";
import { type Extent, SpoolFile } from "./spool-file.ts";

const smallestPiece = 4 << 10;
const largestPiece = 64 << 10;

/**
 * What the writers of a store hold until it is a part's worth: thousands may be open, and all grow at once. Beyond the
 * budget the fullest go to a spool file.
 */
export class UploadMemory {
  readonly #budget: number;
  readonly #pool: BufferPool;
  readonly #spool = new SpoolFile();
  readonly #parts = new Set<PendingPart>();
  #held = 0;
  #mostHeld = 0;
  #spilling: Promise<void> | undefined;

  constructor(budget: number) {
    this.#budget = budget;
    this.#pool = new BufferPool(budget / 4);
  }

  /** The most bytes that were ever held at once. */
  get mostHeld(): number {
    return this.#mostHeld;
  }

  newPart(): PendingPart {
    return new PendingPart(this.#spool, {
      takePiece: (part, size) => {
        const piece = this.#pool.take(size);
        this.#parts.add(part);
        this.#held += piece.length;
        this.#mostHeld = Math.max(this.#mostHeld, this.#held);
        return piece;
      },
      givePieceBack: (piece) => {
        this.#held -= piece.length;
        this.#pool.giveBack(piece);
      },
      forget: (part) => this.#parts.delete(part),
    });
  }

  /** To be awaited after each `append`: resolves when the budget is kept. */
  async makeRoom(): Promise<void> {
    while (this.#held > this.#budget) {
      const before = this.#held;
      this.#spilling ??= this.#spill().finally(() => (this.#spilling = undefined));
      await this.#spilling;
      // What is being sent right now cannot be spilled, and will be gone soon.
      if (this.#held >= before) return;
    }
  }

  /** Half of it, so that not every piece that comes has to be made room for. */
  async #spill(): Promise<void> {
    const fullest = [...this.#parts].sort((a, b) => b.heldBytes - a.heldBytes);
    for (const part of fullest) {
      if (this.#held <= this.#budget / 2) return;
      await part.spill();
    }
  }
}

/** How a part gets at the memory that all share. */
interface PartMemory {
  takePiece(part: PendingPart, size: number): Uint8Array;
  givePieceBack(piece: Uint8Array): void;
  forget(part: PendingPart): void;
}

/** The bytes of one upload's next part: first those in the spool file, then those in memory. */
export class PendingPart {
  readonly #spool: SpoolFile;
  readonly #memory: PartMemory;
  readonly #extents: Extent[] = [];
  /** All full but for the last, which is full to `#lastUsed`. */
  readonly #pieces: Uint8Array[] = [];
  #lastUsed = 0;
  #heldBytes = 0;
  #byteCount = 0;
  #spilling: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #ended = false;

  constructor(spool: SpoolFile, memory: PartMemory) {
    this.#spool = spool;
    this.#memory = memory;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  /** Memory that a spill would free. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Copies the bytes. */
  append(bytes: Uint8Array): void {
    this.#byteCount += bytes.length;
    for (let rest = bytes; rest.length > 0; ) {
      let last = this.#pieces.at(-1);
      if (last === undefined || this.#lastUsed === last.length) {
        const wanted = Math.max(rest.length, 2 * (last?.length ?? 0), smallestPiece);
        last = this.#memory.takePiece(this, Math.min(wanted, largestPiece));
        this.#pieces.push(last);
        this.#lastUsed = 0;
        this.#heldBytes += last.length;
      }
      const fitting = rest.subarray(0, last.length - this.#lastUsed);
      last.set(fitting, this.#lastUsed);
      this.#lastUsed += fitting.length;
      rest = rest.subarray(fitting.length);
    }
  }

  /** Moves what is in memory to the spool file. May be called at any time. Throws STORE_FULL; the part is lost then. */
  async spill(): Promise<void> {
    const spilled = this.#spilling.then(() => this.#spillPieces());
    // Whoever asked for room is told by this call; whoever the part belongs to, when it wants the bytes.
    this.#spilling = spilled.catch(() => undefined);
    await spilled;
  }

  /** Copies all bytes to the beginning of `body`; the part holds nothing after that. */
  async take(body: Uint8Array): Promise<void> {
    try {
      await this.#settle();
      let offset = 0;
      for (const extent of this.#extents) {
        await this.#spool.read(extent, body.subarray(offset));
        offset += extent.length;
      }
      for (const piece of this.#pieces) {
        const last = piece === this.#pieces.at(-1);
        body.set(last ? piece.subarray(0, this.#lastUsed) : piece, offset);
        offset += piece.length;
      }
    } finally {
      await this.discard();
    }
  }

  /** The bytes of a part that was spilled and gets no more, as often as asked for. */
  async *chunks(): AsyncGenerator<Buffer> {
    await this.#settle();
    for (const extent of this.#extents) {
      const chunk = Buffer.allocUnsafe(extent.length);
      await this.#spool.read(extent, chunk);
      yield chunk;
    }
  }

  /** Gives up what the part holds. May be repeated. */
  async discard(): Promise<void> {
    this.#ended = true;
    this.#failure ??= new Error("This part was given up");
    await this.#spilling;
    for (const piece of this.#pieces.splice(0)) this.#giveBack(piece);
    this.#memory.forget(this);
    await this.#spool.giveBack(this.#extents.splice(0));
  }

  /** From here on nothing moves to the spool file. */
  async #settle(): Promise<void> {
    this.#ended = true;
    await this.#spilling;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #spillPieces(): Promise<void> {
    for (let piece = this.#pieces[0]; piece !== undefined && !this.#ended; piece = this.#pieces[0]) {
      const used = this.#pieces.length === 1 ? this.#lastUsed : piece.length;
      // Bytes that come meanwhile get a piece of their own.
      if (this.#pieces.length === 1) this.#lastUsed = piece.length;
      try {
        await this.#spool.append(this.#extents, piece.subarray(0, used));
      } catch (cause) {
        this.#failure = cause as Error;
        throw cause;
      }
      this.#pieces.shift();
      this.#giveBack(piece);
    }
  }

  #giveBack(piece: Uint8Array): void {
    this.#heldBytes -= piece.length;
    this.#memory.givePieceBack(piece);
  }
}
