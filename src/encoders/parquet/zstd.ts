import { createRequire } from "node:module";
import * as zlib from "node:zlib";

/**
 * Compresses one page, off the JavaScript thread. The result may sit in memory for the worst case, many times
 * its own size: copy what is to be kept.
 */
export type Compress = (bytes: Uint8Array) => Promise<Uint8Array>;

/** The other way round, off the JavaScript thread. Rejects bytes that are no whole zstd frame. */
export type Decompress = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Measured on learners' states and course keys: level 1 is faster than 3 and its output no larger. */
const level = 1;

type ZstdCompress = (
  bytes: Uint8Array,
  options: { readonly params: Readonly<Record<number, number>> },
  done: (error: Error | null, result: Buffer) => void,
) => void;

type ZstdDecompress = (bytes: Uint8Array, done: (error: Error | null, result: Buffer) => void) => void;

interface PackagedZstd {
  readonly compress: (bytes: Buffer, level: number) => Promise<Buffer>;
  readonly decompress: (bytes: Buffer) => Promise<Buffer>;
}

/** What Node has from 22.15 on, and the types of Node 20, our lowest version, do not know. */
interface ZlibWithZstd {
  readonly zstdCompress?: ZstdCompress;
  readonly zstdDecompress?: ZstdDecompress;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

/** Node's own zstd where there is one, else the package that carries the native library for Node 20. */
export function openZstd(): Compress {
  const { zstdCompress, constants } = zlib as unknown as ZlibWithZstd;
  if (zstdCompress !== undefined && constants.ZSTD_c_compressionLevel !== undefined) {
    const options = { params: { [constants.ZSTD_c_compressionLevel]: level } };
    return (bytes) =>
      new Promise((resolve, reject) => {
        zstdCompress(bytes, options, (error, result) => (error ? reject(error) : resolve(result)));
      });
  }
  const { compress } = loadPackaged();
  return (bytes) => compress(bufferOf(bytes), level);
}

/** As `openZstd`. */
export function openUnzstd(): Decompress {
  const { zstdDecompress } = zlib as unknown as ZlibWithZstd;
  if (zstdDecompress !== undefined) {
    return (bytes) =>
      new Promise((resolve, reject) => {
        zstdDecompress(bytes, (error, result) => (error ? reject(error) : resolve(result)));
      });
  }
  const { decompress } = loadPackaged();
  return (bytes) => decompress(bufferOf(bytes));
}

/**
 * The package's main file drops the level; the binding behind it takes it. On a Linux it takes 10 ms to find out which C
 * library that has: npm has installed the build for it, and mostly no other.
 */
function loadPackaged(): PackagedZstd {
  const library = "@mongodb-js/zstd";
  const requireHere = createRequire(import.meta.url);
  const requireBeside = createRequire(requireHere.resolve(library));
  const builds = ["gnu", "musl"].flatMap((libc) => {
    try {
      return [requireBeside.resolve(`${library}-linux-${process.arch}-${libc}`)];
    } catch {
      return [];
    }
  });
  const [build] = builds;
  const isOnlyOne = process.platform === "linux" && builds.length === 1 && build !== undefined;
  return (isOnlyOne ? requireBeside(build) : requireHere(`${library}/bindings.js`)) as PackagedZstd;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
