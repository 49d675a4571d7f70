import { PanoramaError } from "../../errors.ts";

/** Fields by their ids; those that are not there are missing. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue = number | boolean | Uint8Array | ThriftList | ThriftStruct;
export type ThriftList = readonly ThriftValue[];

/** A struct and where the bytes behind it begin. */
export interface ThriftRead {
  readonly struct: ThriftStruct;
  readonly end: number;
}

/** What `ThriftWriter` writes nests no deeper than this. */
const deepest = 12;

class BytesEnd extends Error {}

/**
 * Reads what `ThriftWriter` wrote. Undefined where the bytes end before the struct does; throws `FILE_WRONG` for what is
 * none, without the name of the file.
 */
export function readThrift(bytes: Uint8Array, at: number): ThriftRead | undefined {
  const reader = new ThriftReader(bytes, at);
  try {
    const struct = reader.struct(0);
    return { struct, end: reader.at };
  } catch (cause) {
    if (cause instanceof BytesEnd) return undefined;
    throw cause;
  }
}

class ThriftReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number): ThriftStruct {
    if (depth > deepest) unreadable();
    const fields = new Map<number, ThriftValue>();
    let field = 0;
    for (;;) {
      const header = this.#byte();
      if (header === 0) return fields;
      const delta = header >> 4;
      field = delta === 0 ? this.#zigzag() : field + delta;
      fields.set(field, this.#value(header & 0x0f, depth));
    }
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 5:
      case 6:
        return this.#zigzag();
      case 8:
        return this.#binary();
      case 9:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        return unreadable();
    }
  }

  #list(depth: number): ThriftList {
    const header = this.#byte();
    const count = header >> 4 === 15 ? this.#varint() : header >> 4;
    // Every item takes a byte at least.
    if (count > this.#bytes.length - this.at) throw new BytesEnd();
    return Array.from({ length: count }, () => this.#value(header & 0x0f, depth + 1));
  }

  #binary(): Uint8Array {
    const length = this.#varint();
    const end = this.at + length;
    if (end > this.#bytes.length) throw new BytesEnd();
    const value = this.#bytes.subarray(this.at, end);
    this.at = end;
    return value;
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) unreadable();
      if (byte < 0x80) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new BytesEnd();
    return byte;
  }
}

function unreadable(): never {
  throw new PanoramaError("FILE_WRONG", "a header or the footer is not what this program writes");
}

export function numberOf(struct: ThriftStruct, field: number): number | undefined {
  const value = struct.get(field);
  return typeof value === "number" ? value : undefined;
}

export function structOf(struct: ThriftStruct, field: number): ThriftStruct | undefined {
  return asStruct(struct.get(field));
}

/** Empty for a field that is no list; what is none is left out of it. */
export function structsOf(struct: ThriftStruct, field: number): readonly ThriftStruct[] {
  const value = struct.get(field);
  return Array.isArray(value) ? (value as ThriftList).flatMap((item) => asStruct(item) ?? []) : [];
}

function asStruct(value: ThriftValue | undefined): ThriftStruct | undefined {
  return value instanceof Map ? (value as ThriftStruct) : undefined;
}
