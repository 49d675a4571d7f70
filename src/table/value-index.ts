/**
 * Numbers the distinct byte strings it is shown, from 0 in the order of their first appearance: the entries
 * of a dictionary page, the slices of a table.
 */
export class ValueIndex {
  #bytes: Uint8Array = new Uint8Array(256);
  #view: DataView = new DataView(this.#bytes.buffer);
  #byteCount = 0;
  #starts: Uint32Array = new Uint32Array(16);
  #hashes: Int32Array = new Int32Array(16);
  /** Entry number + 1 by hash, 0 where free. */
  #slots: Int32Array = new Int32Array(32);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The entries in the order of their numbers, each a 4-byte little-endian length and the bytes. */
  get entries(): Uint8Array {
    return this.#bytes.subarray(0, this.#byteCount);
  }

  /** Starts over; memory is kept. */
  clear(): void {
    this.#byteCount = 0;
    this.#count = 0;
    this.#slots.fill(0);
  }

  /** The number of `values[at..at + length)`; `view` is a view of the same bytes. */
  indexOf(view: DataView, values: Uint8Array, at: number, length: number): number {
    const hash = hashOf(view, values, at, length);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return this.#add(slot, hash, values, at, length);
      if (this.#hashes[entry] === hash && this.equals(entry, view, values, at, length)) return entry;
      slot = (slot + 1) & mask;
    }
  }

  /** True when `values[at..at + length)` is entry number `entry`. */
  equals(entry: number, view: DataView, values: Uint8Array, at: number, length: number): boolean {
    const start = this.#starts[entry] as number;
    const own = this.#view;
    if (own.getUint32(start, true) !== length) return false;
    let mine = start + 4;
    let theirs = at;
    const end = at + length;
    for (; theirs < end - 3; theirs += 4, mine += 4) {
      if (view.getInt32(theirs, true) !== own.getInt32(mine, true)) return false;
    }
    for (; theirs < end; theirs++, mine++) {
      if (values[theirs] !== this.#bytes[mine]) return false;
    }
    return true;
  }

  #add(slot: number, hash: number, values: Uint8Array, at: number, length: number): number {
    const entry = this.#count++;
    if (entry === this.#starts.length) {
      this.#starts = grown(this.#starts, new Uint32Array(entry * 2));
      this.#hashes = grown(this.#hashes, new Int32Array(entry * 2));
    }
    const needed = this.#byteCount + length + 4;
    if (needed > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(this.#bytes.length * 2, needed)));
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#starts[entry] = this.#byteCount;
    this.#hashes[entry] = hash;
    this.#view.setUint32(this.#byteCount, length, true);
    this.#bytes.set(values.subarray(at, at + length), this.#byteCount + 4);
    this.#byteCount = needed;
    this.#slots[slot] = entry + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return entry;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = (this.#hashes[entry] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }
}

function grown<T extends Uint8Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Of every word: a value that differs anywhere must have another hash, or long values would be compared one by one. */
function hashOf(view: DataView, values: Uint8Array, at: number, length: number): number {
  let hash = length;
  const end = at + length;
  let i = at;
  for (; i < end - 3; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ (values[i] as number), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
