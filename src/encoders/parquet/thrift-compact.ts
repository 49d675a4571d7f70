const typeTrue = 1;
const typeFalse = 2;
const typeI32 = 5;
const typeI64 = 6;
const typeBinary = 8;
const typeList = 9;
const typeStruct = 12;
/** Of 53 bits, seven a byte. */
const longestVarint = 8;

/**
 * Writes Thrift's compact protocol, the form of Parquet's page headers and footer:
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 * Fields of a struct are written in ascending order of their ids.
 */
export class ThriftWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256);
  #length = 0;
  #lastField = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  i32(field: number, value: number): void {
    this.#header(field, typeI32);
    this.#zigzag(value);
  }

  i64(field: number, value: number): void {
    this.#header(field, typeI64);
    this.#zigzag(value);
  }

  boolean(field: number, value: boolean): void {
    this.#header(field, value ? typeTrue : typeFalse);
  }

  binary(field: number, value: Uint8Array): void {
    this.#header(field, typeBinary);
    this.#raw(value);
  }

  text(field: number, value: string): void {
    this.binary(field, Buffer.from(value, "utf8"));
  }

  struct(field: number, write: () => void): void {
    this.#header(field, typeStruct);
    this.#body(write);
  }

  structs<T>(field: number, items: readonly T[], write: (item: T) => void): void {
    this.#list(field, typeStruct, items.length);
    for (const item of items) this.#body(() => write(item));
  }

  texts(field: number, items: readonly string[]): void {
    this.#list(field, typeBinary, items.length);
    for (const item of items) this.#raw(Buffer.from(item, "utf8"));
  }

  i32s(field: number, items: readonly number[]): void {
    this.#list(field, typeI32, items.length);
    for (const item of items) this.#zigzag(item);
  }

  /** Ends the outermost struct. */
  stop(): Uint8Array {
    this.#byte(0);
    return this.bytes;
  }

  #body(write: () => void): void {
    const outer = this.#lastField;
    this.#lastField = 0;
    write();
    this.#byte(0);
    this.#lastField = outer;
  }

  #header(field: number, type: number): void {
    const delta = field - this.#lastField;
    if (delta > 0 && delta <= 15) {
      this.#byte((delta << 4) | type);
    } else {
      this.#byte(type);
      this.#zigzag(field);
    }
    this.#lastField = field;
  }

  #list(field: number, type: number, count: number): void {
    this.#header(field, typeList);
    if (count < 15) {
      this.#byte((count << 4) | type);
    } else {
      this.#byte(0xf0 | type);
      this.#varint(count);
    }
  }

  #raw(value: Uint8Array): void {
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Safe integers only; sizes and counts are far below. */
  #zigzag(value: number): void {
    this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  #varint(value: number): void {
    this.#reserve(longestVarint);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    while (rest >= 0x80) {
      bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    bytes[at] = rest;
    this.#length = at + 1;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    grown.set(this.bytes);
    this.#bytes = grown;
  }
}
