import { TextDecoder } from "node:util";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import type { CsvEncoding } from "./csv-dialect.ts";

const chunkBytes = 1 << 18;

/**
 * The text of a file as UTF-8, in pieces of about 256 KB: unpacked where the name ends in `.gz`, without a byte order
 * mark. A mark decides the encoding, then the settings; without both the bytes are passed on as they are.
 */
export async function* readUtf8(
  path: string,
  encoding: CsvEncoding | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: chunkBytes, signal });
  const unpacked = /\.gz$/i.test(path) ? file.pipe(createGunzip({ chunkSize: chunkBytes })) : file;
  if (unpacked !== file) file.on("error", (error) => unpacked.destroy(error));
  try {
    let decoder: TextDecoder | undefined;
    let isFirst = true;
    for await (const chunk of atLeastThreeBytes(unpacked as AsyncIterable<Buffer>)) {
      let bytes = chunk;
      if (isFirst) {
        isFirst = false;
        const label = encodingOf(chunk, encoding);
        // The decoder takes a byte order mark for what it is.
        if (label !== undefined) decoder = new TextDecoder(label, { fatal: true });
        else if (startsWith(chunk, [0xef, 0xbb, 0xbf])) bytes = chunk.subarray(3);
      }
      yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }), "utf8");
    }
    const rest = decoder?.decode() ?? "";
    if (rest !== "") yield Buffer.from(rest, "utf8");
  } finally {
    unpacked.destroy();
    file.destroy();
  }
}

/** A pipe may give the byte order mark byte by byte. */
async function* atLeastThreeBytes(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const joined: Buffer = held === undefined ? chunk : Buffer.concat([held, chunk]);
    if (held !== undefined && joined.length < 3) {
      held = joined;
    } else {
      held = undefined;
      yield joined;
    }
  }
  if (held !== undefined && held.length > 0) yield held;
}

function encodingOf(first: Buffer, given: CsvEncoding | undefined): string | undefined {
  if (startsWith(first, [0xff, 0xfe])) return "utf-16le";
  if (startsWith(first, [0xfe, 0xff])) return "utf-16be";
  if (startsWith(first, [0xef, 0xbb, 0xbf]) || given === undefined || given === "utf-8") return undefined;
  return given === "utf-16" ? "utf-16le" : given;
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}
