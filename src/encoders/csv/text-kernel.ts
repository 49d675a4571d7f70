import {
  add,
  and,
  assembleModule,
  atMostBytes,
  below,
  bitmask,
  block,
  branch,
  branchIf,
  type Code,
  call,
  equal,
  equalBytes,
  get,
  i32,
  isZero,
  load8,
  load32,
  loadVector,
  loop,
  onesCount,
  or,
  orVectors,
  returning,
  select,
  set,
  shiftLeft,
  shiftRight,
  shuffle,
  store8,
  storeVector,
  subtract,
  swizzle,
  trailingZeros,
  v128,
  when,
  type WasmFunction,
} from "./wasm-assembler.ts";

/**
 * Writes texts in the dialect's spelling, sixteen bytes at a time. It is WebAssembly because a loop over bytes in
 * JavaScript takes four times as long. Texts are read from `staging` and everything is written to `output`; both
 * are parts of one memory that never grows.
 */
export interface TextKernel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /**
   * Writes the text of `byteCount` bytes at `from` to `to`, quoted if need be, and returns the address behind it.
   * The text may become three times as long and two bytes more; up to 15 bytes further on may change.
   */
  readonly writeText: (from: number, byteCount: number, to: number) => number;
  /** Writes a part of a text that stands in quotes; else as `writeText`. */
  readonly writeQuotedPart: (from: number, byteCount: number, to: number) => number;
}

/** What the kernel adds to the byte at address 0 when it has to alter a text. Whoever reads it sets it to 0. */
export const alterationFlags = { lineBreak: 1, textNull: 2 } as const;

/** Where texts to be written are put. */
export const staging: { readonly start: number; readonly byteCount: number } = {
  start: 0x2000,
  byteCount: 512 * 1024,
};
/** Where rows are written. A value begins below `fullAt` and may end in the slack behind it. */
export const output: { readonly start: number; readonly fullAt: number } = {
  start: staging.start + staging.byteCount,
  fullAt: staging.start + staging.byteCount + 1024 * 1024,
};
/** Bytes of a text that may be staged at once: three times as many fit into the slack. */
export const longestStagedText: number = 32 * 1024;

const pageCount = Math.ceil((output.fullAt + 4 * longestStagedText) / 65_536);
const shuffles = 0x1000;

const quote = 0x22;
const backslash = 0x5c;
const wordNull = 0x4c_4c_55_4e;

let kernel: TextKernel | undefined;

/** The kernel of this thread: its memory is nobody's for longer than one synchronous piece of work. */
export function textKernel(): TextKernel {
  kernel ??= openTextKernel();
  return kernel;
}

/** The part of the global that is used; the types of Node 20 do not have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

function openTextKernel(): TextKernel {
  const module = new WebAssembly.Module(assembleModule(pageCount, [writeQuotedPart, writeText]));
  const { memory, ...functions } = new WebAssembly.Instance(module).exports as Pick<
    TextKernel,
    "writeText" | "writeQuotedPart"
  > & { readonly memory: { readonly buffer: ArrayBuffer } };
  const bytes = new Uint8Array(memory.buffer);
  fillShuffles(bytes);
  return { bytes, view: new DataView(memory.buffer), ...functions };
}

/**
 * For each set of the eight bytes that need a backslash, the indexes that put it there: 0 to 7 are the bytes,
 * 8 is a backslash.
 */
function fillShuffles(bytes: Uint8Array): void {
  for (let set = 0; set < 256; set++) {
    let at = shuffles + set * 16;
    for (let index = 0; index < 8; index++) {
      if ((set >> index) & 1) {
        bytes[at++] = 8;
      }
      bytes[at++] = index;
    }
  }
}

const all = (byte: number): Code => v128(Array.from({ length: 16 }, () => byte));

const from = 0;
const byteCount = 1;
const to = 2;

/** Eight bytes of `vector`, those from the first or the ninth, and eight backslashes. */
const halfAndBackslashes = (vector: Code, first: 0 | 8): Code =>
  shuffle(
    vector,
    all(backslash),
    Array.from({ length: 16 }, (_, index) => first + index + (index < 8 ? 0 : 8)),
  );

/**
 * `writeQuotedPart(from, byteCount, to)`. Goes by sixteen bytes, and in smaller steps at the end and around a line
 * break, which becomes `\\n` or `\\r`: the reader takes them for `\n` and `\r`.
 */
const writeQuotedPart: WasmFunction = (() => {
  const left = byteCount;
  const step = 3;
  const escaped = 4;
  const vector = 5;
  const lineBreaks = bitmask(
    orVectors(equalBytes(get(vector), all(0x0a)), equalBytes(get(vector), all(0x0d))),
  );
  const specials = bitmask(
    orVectors(equalBytes(get(vector), all(quote)), equalBytes(get(vector), all(backslash))),
  );
  const goOn = (count: Code): readonly Code[] => [
    set(from, add(get(from), count)),
    set(left, subtract(get(left), count)),
  ];
  const writeHalf = (first: 0 | 8, byteCount: Code, set8: Code): readonly Code[] => [
    storeVector(
      get(to),
      swizzle(halfAndBackslashes(get(vector), first), loadVector(shiftLeft(set8, i32(4)), shuffles)),
    ),
    set(to, add(get(to), add(byteCount, onesCount(set8)))),
  ];
  const body = [
    block(
      loop(
        branchIf(1, isZero(get(left))),
        set(vector, loadVector(get(from))),
        set(step, lineBreaks),
        set(escaped, specials),
        when(
          and(isZero(get(step)), below(i32(15), get(left))),
          ...writeHalf(0, i32(8), and(get(escaped), i32(0xff))),
          ...writeHalf(8, i32(8), shiftRight(get(escaped), i32(8))),
          ...goOn(i32(16)),
          branch(1),
        ),
        // As many bytes as stand before the next line break, at most eight, at most what is left.
        set(step, trailingZeros(or(get(step), i32(0x100)))),
        set(step, select(get(step), get(left), below(get(step), get(left)))),
        when(
          isZero(get(step)),
          store8(get(to), i32(backslash)),
          store8(get(to), i32(backslash), 1),
          store8(get(to), select(i32(0x6e), i32(0x72), equal(load8(get(from)), i32(0x0a))), 2),
          store8(i32(0), or(load8(i32(0)), i32(alterationFlags.lineBreak))),
          set(to, add(get(to), i32(3))),
          ...goOn(i32(1)),
          branch(1),
        ),
        set(escaped, and(get(escaped), subtract(shiftLeft(i32(1), get(step)), i32(1)))),
        ...writeHalf(0, get(step), get(escaped)),
        ...goOn(get(step)),
        branch(0),
      ),
    ),
    get(to),
  ].flat();
  return { exportName: "writeQuotedPart", parameterCount: 3, i32Count: 2, v128Count: 1, body };
})();

/**
 * `writeText(from, byteCount, to)`. Copies the text as it is until a byte turns up that makes quotes necessary, and
 * then begins again with quotes. Bare are only texts without blanks and control characters, `!`, `"`, `#`, comma
 * and backslash.
 */
const writeText: WasmFunction = (() => {
  const at = 3;
  const unsafe = 4;
  const vector = 5;
  const unsafeBytes = orVectors(
    atMostBytes(get(vector), all(0x23)),
    orVectors(equalBytes(get(vector), all(0x2c)), equalBytes(get(vector), all(backslash))),
  );
  const isNull = and(equal(get(byteCount), i32(4)), equal(load32(get(from)), i32(wordNull)));
  const body = [
    block(
      branchIf(0, isZero(get(byteCount))),
      when(isNull, store8(i32(0), or(load8(i32(0)), i32(alterationFlags.textNull))), branch(1)),
      loop(
        set(vector, loadVector(add(get(from), get(at)))),
        storeVector(add(get(to), get(at)), get(vector)),
        set(unsafe, bitmask(unsafeBytes)),
        when(get(unsafe), branchIf(2, below(add(get(at), trailingZeros(get(unsafe))), get(byteCount)))),
        set(at, add(get(at), i32(16))),
        branchIf(0, below(get(at), get(byteCount))),
      ),
      returning(add(get(to), get(byteCount))),
    ),
    store8(get(to), i32(quote)),
    set(to, call(0, get(from), get(byteCount), add(get(to), i32(1)))),
    store8(get(to), i32(quote)),
    add(get(to), i32(1)),
  ].flat();
  return { exportName: "writeText", parameterCount: 3, i32Count: 2, v128Count: 1, body };
})();
