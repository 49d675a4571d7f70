import { TextDecoder } from "node:util";
import { crc32 } from "node:zlib";
import sax from "sax";
import yauzl, { type Entry, type ZipFile } from "yauzl";

/** What happens in a part of a workbook, in the order of its text. Names are without their prefixes. */
export interface PartHandler {
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly text?: (text: string) => void;
  readonly close?: (name: string) => void;
}

/** The parts of a workbook: XML files in a ZIP archive. */
export interface WorkbookArchive extends AsyncDisposable {
  has(part: string): boolean;

  /**
   * Reads a part from its beginning, and yields now and then so that whoever reads can stop or do something else. Throws for
   * what is not XML and for a part that is damaged.
   */
  readPart(part: string, handler: PartHandler, signal: AbortSignal): AsyncGenerator<void>;
}

/** A file that cannot be read as a workbook, with the reason as an operator understands it. */
export class NotAWorkbook extends Error {
  override readonly name = "NotAWorkbook";
}

export async function openWorkbookArchive(path: string): Promise<WorkbookArchive> {
  const zip = await yauzl.openPromise(path, { autoClose: false, lazyEntries: true });
  const parts = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) parts.set(partName(entry.fileName), entry);
  } catch (error) {
    zip.close();
    throw error;
  }
  return {
    has: (part) => parts.has(partName(part)),
    readPart: (part, handler, signal) => {
      const entry = parts.get(partName(part));
      if (entry === undefined) throw new NotAWorkbook(`it has no part ${part}`);
      return readEntry(zip, entry, handler, signal);
    },
    [Symbol.asyncDispose]: async () => zip.close(),
  };
}

/** Reads a part to its end. */
export async function readWholePart(
  archive: WorkbookArchive,
  part: string,
  handler: PartHandler,
  signal: AbortSignal,
): Promise<void> {
  const pieces = archive.readPart(part, handler, signal);
  while ((await pieces.next()).done !== true) signal.throwIfAborted();
}

/** Names of parts are the same in either case: ECMA-376, part 2. */
function partName(name: string): string {
  return name.replaceAll("\\", "/").replace(/^\//, "").toLowerCase();
}

async function* readEntry(
  zip: ZipFile,
  entry: Entry,
  handler: PartHandler,
  signal: AbortSignal,
): AsyncGenerator<void> {
  if (entry.isEncrypted()) throw new NotAWorkbook("it has a password");
  const parser = newParser(handler);
  const stream = await zip.openReadStreamPromise(entry);
  let decoder: TextDecoder | undefined;
  let sum = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      sum = crc32(chunk, sum);
      decoder ??= new TextDecoder(encodingOf(chunk), { fatal: true });
      parser.write(decoder.decode(chunk, { stream: true }));
      yield;
    }
    if (sum !== entry.crc32) throw new NotAWorkbook(`its part ${entry.fileName} is damaged`);
    parser.write(decoder?.decode() ?? "");
    parser.close();
    yield;
  } finally {
    stream.destroy();
  }
}

function newParser(handler: PartHandler): { write(text: string): void; close(): void } {
  const parser = sax.parser(true);
  let failure: Error | undefined;
  parser.onerror = (error) => {
    failure ??= error;
  };
  const { open, text, close } = handler;
  if (open !== undefined) {
    parser.onopentag = ({ name, attributes }) =>
      open(localName(name), attributes as Readonly<Record<string, string>>);
  }
  if (text !== undefined) {
    parser.ontext = text;
    parser.oncdata = text;
  }
  if (close !== undefined) parser.onclosetag = (name) => close(localName(name));
  const check = (): void => {
    if (failure !== undefined)
      throw new NotAWorkbook("it is damaged: a part of it is not XML", { cause: failure });
  };
  return {
    write: (piece) => {
      if (piece !== "") parser.write(piece);
      check();
    },
    close: () => {
      parser.close();
      check();
    },
  };
}

function localName(name: string): string {
  const colon = name.indexOf(":");
  return colon < 0 ? name : name.slice(colon + 1);
}

function encodingOf(first: Buffer): string {
  if (first[0] === 0xff && first[1] === 0xfe) return "utf-16le";
  return first[0] === 0xfe && first[1] === 0xff ? "utf-16be" : "utf-8";
}
