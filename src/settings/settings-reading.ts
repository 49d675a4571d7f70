import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { describeReadFailure } from "./read-failure.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";

/** What every part of the file is read with. */
export interface SettingsReading {
  readonly problems: SettingsProblems;
  /** Folder of the settings file: relative paths in it start there. */
  readonly folder: string;
}

export function resolvePath(path: string, reading: SettingsReading): string;
export function resolvePath(path: string | undefined, reading: SettingsReading): string | undefined;
export function resolvePath(path: string | undefined, reading: SettingsReading): string | undefined {
  if (path === undefined) return undefined;
  return /^~(\/|$)/.test(path) ? join(homedir(), path.slice(1)) : resolve(reading.folder, path);
}

const largestSecret = 65_536;

/** A secret given in the settings file or, as `<key>_file`, in a file of its own. */
export async function readSecret(
  key: string,
  value: string | undefined,
  file: string | undefined,
  path: SettingPath,
  reading: SettingsReading,
): Promise<string | undefined> {
  if (file === undefined) return value;
  const filePath = [...path, `${key}_file`];
  if (value !== undefined) {
    reading.problems.add(filePath, `${key} is given too; keep one of the two`);
    return undefined;
  }
  try {
    const secret = await readSmallFile(resolvePath(file, reading));
    if (typeof secret === "string" && secret !== "") return secret;
    reading.problems.add(filePath, secret === "" ? "the file is empty" : secret.problem);
  } catch (error) {
    reading.problems.add(filePath, describeReadFailure(error));
  }
  return undefined;
}

async function readSmallFile(file: string): Promise<string | { readonly problem: string }> {
  await using handle = await open(file, "r");
  const status = await handle.stat();
  if (!status.isFile()) return { problem: status.isDirectory() ? "is a folder" : "is not a regular file" };
  if (status.size > largestSecret) return { problem: "the file is too large for a secret" };
  const bytes = await handle.readFile();
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.replace(/\r?\n$/, "");
  } catch {
    return { problem: "the file is not UTF-8 text" };
  }
}
