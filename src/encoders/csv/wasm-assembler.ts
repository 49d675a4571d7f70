/**
 * Just enough of WebAssembly's binary format (https://webassembly.github.io/spec/core/binary/) to write one small
 * module by hand. Each function returns the bytes of an expression, its operands before its own opcode, so nested
 * calls read like the text format. Labels are counted from the inside: 0 is the innermost block or loop.
 */
export type Code = readonly number[];

/** A function of i32 parameters that returns an i32. */
export interface WasmFunction {
  readonly exportName: string;
  readonly parameterCount: number;
  /** Locals behind the parameters: first those of i32, then those of v128. */
  readonly i32Count: number;
  readonly v128Count: number;
  readonly body: Code;
}

const i32Type = 0x7f;
const v128Type = 0x7b;
const noResult = 0x40;

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const call = (index: number, ...operands: readonly Code[]): Code => [
  ...operands.flat(),
  0x10,
  ...unsigned(index),
];

export const block = (...body: readonly Code[]): Code => [0x02, noResult, ...body.flat(), 0x0b];
export const loop = (...body: readonly Code[]): Code => [0x03, noResult, ...body.flat(), 0x0b];
export const when = (condition: Code, ...body: readonly Code[]): Code => [
  ...condition,
  0x04,
  noResult,
  ...body.flat(),
  0x0b,
];
export const branch = (label: number): Code => [0x0c, ...unsigned(label)];
export const branchIf = (label: number, condition: Code): Code => [...condition, 0x0d, ...unsigned(label)];
export const returning = (value: Code): Code => [...value, 0x0f];
export const select = (first: Code, second: Code, condition: Code): Code => [
  ...first,
  ...second,
  ...condition,
  0x1b,
];

export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const isZero = (value: Code): Code => [...value, 0x45];
export const equal = (a: Code, b: Code): Code => [...a, ...b, 0x46];
export const below = (a: Code, b: Code): Code => [...a, ...b, 0x49];
export const trailingZeros = (value: Code): Code => [...value, 0x68];
export const onesCount = (value: Code): Code => [...value, 0x69];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const subtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const and = (a: Code, b: Code): Code => [...a, ...b, 0x71];
export const or = (a: Code, b: Code): Code => [...a, ...b, 0x72];
export const shiftLeft = (a: Code, b: Code): Code => [...a, ...b, 0x74];
export const shiftRight = (a: Code, b: Code): Code => [...a, ...b, 0x76];

export const load8 = (address: Code): Code => [...address, 0x2d, 0, 0];
export const load32 = (address: Code): Code => [...address, 0x28, 0, 0];
export const store8 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x3a,
  0,
  ...unsigned(offset),
];

export const v128 = (bytes: readonly number[]): Code => [0xfd, 0x0c, ...bytes];
export const loadVector = (address: Code, offset = 0): Code => [
  ...address,
  0xfd,
  0x00,
  0,
  ...unsigned(offset),
];
export const storeVector = (address: Code, value: Code): Code => [...address, ...value, 0xfd, 0x0b, 0, 0];
/** Picks bytes by fixed indexes: 0 to 15 are those of `a`, 16 to 31 those of `b`. */
export const shuffle = (a: Code, b: Code, indexes: readonly number[]): Code => [
  ...a,
  ...b,
  0xfd,
  0x0d,
  ...indexes,
];
/** Picks a byte of `vector` for each byte of `indexes`. */
export const swizzle = (vector: Code, indexes: Code): Code => [...vector, ...indexes, 0xfd, 0x0e];
export const equalBytes = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x23];
export const atMostBytes = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x2a];
export const orVectors = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x50];
/** One bit per byte, its highest. */
export const bitmask = (vector: Code): Code => [...vector, 0xfd, 0x64];

/** A module with a memory of `pageCount` times 64 KiB, exported as `memory`, and the functions. */
export function assembleModule(
  pageCount: number,
  functions: readonly WasmFunction[],
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameterCount }) => [
    0x60,
    ...list(Array.from({ length: parameterCount }, () => [i32Type])),
    ...list([[i32Type]]),
  ]);
  const exported = [
    [...name("memory"), 0x02, 0],
    ...functions.map(({ exportName }, index) => [...name(exportName), 0x00, ...unsigned(index)]),
  ];
  const bodies = functions.map(({ i32Count, v128Count, body }) => {
    const locals = [
      [...unsigned(i32Count), i32Type],
      [...unsigned(v128Count), v128Type],
    ];
    return sized([...list(locals), ...body, 0x0b]);
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[0x01, ...unsigned(pageCount), ...unsigned(pageCount)]]),
    ...section(7, exported),
    ...section(10, bodies),
  ]);
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, ...sized(list(entries))];
}

function list(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function sized(bytes: Code): Code {
  return [...unsigned(bytes.length), ...bytes];
}

function name(text: string): Code {
  return sized([...Buffer.from(text)]);
}

function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
