import { PanoramaError } from "../errors.ts";
import { keyWithoutValues } from "../stores/lake-path.ts";

/*
 * Readers of JSON that this program wrote, with the path of what is read. They throw `LAKE_UNREADABLE`, with a message
 * that lacks the name of the file.
 */

/** The fields of a file that says of itself to be of this format and version. */
export function parseOurs(text: string, format: string, version: number): Readonly<Record<string, unknown>> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    unreadable("is not JSON");
  }
  const fields = objectAt("it", root);
  if (fields["format"] !== format || fields["version"] !== version) unreadable("is of another format");
  return fields;
}

/** Adds to what `read` throws where the file lies. */
export function readAt<T>(root: string, key: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof PanoramaError)) throw cause;
    const where = keyWithoutValues(key);
    throw new PanoramaError(cause.code, `${root}${where} ${cause.message}`, { key: where }, { cause });
  }
}

export function objectAt(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) damaged(path, "an object");
  return value as Readonly<Record<string, unknown>>;
}

export function listAt<T>(
  path: string,
  value: unknown,
  read: (path: string, item: unknown) => T,
): readonly T[] {
  if (!Array.isArray(value)) damaged(path, "a list");
  return value.map((item: unknown, i) => read(`${path}[${i}]`, item));
}

export function textAt(path: string, value: unknown): string {
  return typeof value === "string" ? value : damaged(path, "a text");
}

export function booleanAt(path: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : damaged(path, "true or false");
}

export function countAt(path: string, value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : damaged(path, "a count");
}

export function timeAt(path: string, value: unknown): string {
  const text = textAt(path, value);
  return Number.isNaN(Date.parse(text)) ? damaged(path, "a time") : text;
}

export function oneOfAt<T extends string>(path: string, value: unknown, allowed: readonly T[]): T {
  return allowed.find((name) => name === value) ?? damaged(path, `one of ${allowed.join(", ")}`);
}

export function damaged(path: string, expected: string): never {
  const remedy = "Restore it from a backup, or remove it and load all tables again";
  unreadable(`is damaged: ${path} is not ${expected}. ${remedy}`);
}

export function unreadable(message: string): never {
  throw new PanoramaError("LAKE_UNREADABLE", message);
}
