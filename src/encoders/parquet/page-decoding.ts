import { PanoramaError } from "../../errors.ts";
import type { ColumnTally } from "../../table/receipt.ts";
import { hybridFrom } from "./hybrid-decoding.ts";
import { encoding, pageType } from "./physical-type.ts";
import { numberOf, readThrift, structOf } from "./thrift-reader.ts";

export interface PageHeader {
  readonly dictionary: boolean;
  /** Of a data page whether its values are indices of the dictionary. */
  readonly indices: boolean;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  /** NULLs included. */
  readonly valueCount: number;
  /** Of the header itself. */
  readonly byteCount: number;
}

/** Headers are some thirty bytes; where so many do not hold one there is none. */
const longestHeader = 512;
const mostPageBytes = 2 ** 31;

/** The header that begins at `at`; undefined where more bytes are needed. Throws `FILE_WRONG` for one that is not ours. */
export function readPageHeader(bytes: Uint8Array, at: number): PageHeader | undefined {
  const read = readThrift(bytes, at);
  if (read === undefined)
    return bytes.length - at < longestHeader ? undefined : wrong("a page has no header");
  const { struct, end } = read;
  const type = numberOf(struct, 1);
  const dictionary = type === pageType.dictionary;
  const body = structOf(struct, dictionary ? 7 : 5);
  const [uncompressedBytes = -1, compressedBytes = -1] = [numberOf(struct, 2), numberOf(struct, 3)];
  const [valueCount = -1, valueEncoding] = body ? [numberOf(body, 1), numberOf(body, 2)] : [];
  const known = dictionary
    ? valueEncoding === encoding.plain
    : type === pageType.data &&
      (valueEncoding === encoding.plain || valueEncoding === encoding.rleDictionary) &&
      body !== undefined &&
      numberOf(body, 3) === encoding.rle &&
      numberOf(body, 4) === encoding.rle;
  const sizes = [uncompressedBytes, compressedBytes, valueCount];
  if (!known || sizes.some((size) => size < 0 || size > mostPageBytes)) {
    wrong("a page's header is not what this program writes");
  }
  const indices = !dictionary && valueEncoding === encoding.rleDictionary;
  return { dictionary, indices, uncompressedBytes, compressedBytes, valueCount, byteCount: end - at };
}

/** The entries of a dictionary page, each with its length in front, as in `ColumnData.values`. */
export interface DecodedDictionary {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where each entry begins, and where the last one ends. */
  readonly starts: Uint32Array;
}

/** Throws `FILE_WRONG`. */
export function decodeDictionary(bytes: Uint8Array, count: number): DecodedDictionary {
  // Before there is memory for as many as a damaged header says.
  if (count * 4 > bytes.length) wrong("its dictionary is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = new Uint32Array(count + 1);
  let at = 0;
  for (let entry = 0; entry < count; entry++) {
    starts[entry] = at;
    if (at + 4 > bytes.length) wrong("its dictionary is cut short");
    at += 4 + view.getUint32(at, true);
  }
  starts[count] = at;
  if (at !== bytes.length) wrong("its dictionary is not as long as it says");
  return { bytes, view, starts };
}

let levelScratch = new Int32Array(16_384);
let nullsScratch = new Uint8Array(16_384);
let indexScratch = new Int32Array(16_384);

/** Adds the rows and values of an uncompressed data page to `tally`. Throws `FILE_WRONG`. */
export function decodeDataPage(
  bytes: Uint8Array,
  { valueCount, indices }: PageHeader,
  dictionary: DecodedDictionary | undefined,
  tally: ColumnTally,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const levelsEnd = bytes.length < 4 ? Infinity : 4 + view.getUint32(0, true);
  if (levelsEnd > bytes.length) wrong("a page is cut short");
  const nullCount = addNulls(bytes, levelsEnd, valueCount, tally);
  if (!indices) {
    tally.addValues(bytes.subarray(levelsEnd));
    return;
  }
  const count = valueCount - nullCount;
  if (dictionary === undefined) wrong("a page has indices of a dictionary that is not there");
  if (indexScratch.length < count) indexScratch = new Int32Array(count);
  const bitWidth = bytes[levelsEnd] ?? Infinity;
  if (bitWidth > 24) wrong("a page is cut short");
  hybridFrom(bytes, levelsEnd + 1, bytes.length, bitWidth, indexScratch, count);
  addEntries(dictionary, indexScratch, count, tally);
}

/** Returns how many there are. */
function addNulls(bytes: Uint8Array, levelsEnd: number, valueCount: number, tally: ColumnTally): number {
  if (nullsScratch.length < valueCount) {
    levelScratch = new Int32Array(valueCount);
    nullsScratch = new Uint8Array(valueCount);
  }
  hybridFrom(bytes, 4, levelsEnd, 1, levelScratch, valueCount);
  const nullCount = markNulls(levelScratch, nullsScratch, valueCount);
  tally.addRows(valueCount, nullsScratch, nullCount);
  return nullCount;
}

function markNulls(levels: Int32Array, nulls: Uint8Array, valueCount: number): number {
  let nullCount = 0;
  for (let row = 0; row < valueCount; row++) {
    const isNull = 1 - (levels[row] as number);
    nullCount += isNull;
    nulls[row] = isNull;
  }
  return nullCount;
}

const gathered = new Uint8Array(1 << 18);
const gatheredView: DataView = new DataView(gathered.buffer);
/** Longer entries are not copied. */
const longestCopied = 4096;

/** How many entries are gathered by one call: a long loop V8 compiles twice. */
const entriesAtOnce = 512;

/** Adds the entries that the indices name, in pieces that fit the processor's cache. */
function addEntries(
  dictionary: DecodedDictionary,
  indices: Int32Array,
  count: number,
  tally: ColumnTally,
): void {
  let length = 0;
  for (let from = 0; from < count; from += entriesAtOnce) {
    length = gather(dictionary, indices, from, Math.min(from + entriesAtOnce, count), length, tally);
  }
  addGathered(length, tally);
}

/** Gathers behind `gathered`'s first `before` bytes; returns how many it holds then. */
function gather(
  { bytes, view, starts }: DecodedDictionary,
  indices: Int32Array,
  from: number,
  to: number,
  before: number,
  tally: ColumnTally,
): number {
  const entryCount = starts.length - 1;
  let length = before;
  for (let i = from; i < to; i++) {
    const index = indices[i] as number;
    if (index >= entryCount) wrong("a page has an index that its dictionary lacks");
    let at = starts[index] as number;
    const end = starts[index + 1] as number;
    const size = end - at;
    if (length + size > gathered.length || size > longestCopied) {
      addGathered(length, tally);
      length = 0;
    }
    if (size > longestCopied) {
      tally.addValues(bytes.subarray(at, end));
      continue;
    }
    let target = length;
    for (; at < end - 3; at += 4, target += 4) gatheredView.setInt32(target, view.getInt32(at, true), true);
    for (; at < end; at++, target++) gathered[target] = bytes[at] as number;
    length += size;
  }
  return length;
}

function addGathered(length: number, tally: ColumnTally): void {
  if (length > 0) tally.addValues(gathered.subarray(0, length));
}

function wrong(message: string): never {
  throw new PanoramaError("FILE_WRONG", message);
}
