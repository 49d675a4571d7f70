import { readFile, stat } from "node:fs/promises";
import { PanoramaError } from "../errors.ts";
import { describeReadFailure } from "./read-failure.ts";

const largestByteCount = 16 * 1024 * 1024;

/** The file's text, or one `SETTINGS_INVALID` that says what the file is instead. */
export async function readSettingsText(file: string): Promise<string> {
  const bytes = await readRegularFile(file);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new PanoramaError("SETTINGS_INVALID", `The settings file ${file} is not UTF-8 text`, {}, { cause });
  }
  if (text.includes("\0")) {
    throw new PanoramaError("SETTINGS_INVALID", `The settings file ${file} is a binary file, not YAML`);
  }
  return text;
}

async function readRegularFile(file: string): Promise<Uint8Array> {
  try {
    const status = await stat(file);
    if (status.isDirectory()) throw invalid(`The settings file ${file} is a folder`);
    // A pipe or a device might never end.
    if (!status.isFile()) throw invalid(`The settings file ${file} is not a regular file`);
    if (status.size > largestByteCount) throw invalid(`The settings file ${file} is larger than 16 MiB`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof PanoramaError) throw cause;
    const why = describeReadFailure(cause);
    throw invalid(`No settings from ${file}: ${why}; --settings names another file`, cause);
  }
}

function invalid(message: string, cause?: unknown): PanoramaError {
  return new PanoramaError("SETTINGS_INVALID", message, {}, cause === undefined ? {} : { cause });
}
