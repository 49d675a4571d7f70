import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { PanoramaError } from "../../errors.ts";

const dataFile = /\.(csv|tsv|tab|txt)(\.gz)?$/i;
const rejectedRows = /\.rejected\.csv$/i;

/** The files of each table, in name order. */
export type FilesByTable = ReadonlyMap<string, readonly string[]>;

/**
 * Finds the files at a location. A file is one table, named after it; a pattern with `*`, `**` or `?` is one table of
 * all files that fit; in a folder each file is a table, and each subfolder is one, of all files below it. `onlyTable` is
 * the name that the settings give to the table of a file or a pattern, where they list just one. Hidden files and
 * those with rejected rows are passed over. Throws SOURCE_UNREADABLE.
 */
export async function findFiles(
  source: string,
  location: string,
  onlyTable: string | undefined,
): Promise<FilesByTable> {
  try {
    const status = await stat(location).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && isPattern(location)) return undefined;
      throw error;
    });
    if (status === undefined) {
      const files = await filesOfPattern(location);
      if (files.length === 0) throw unreadable(source, `No file fits ${location}`);
      return new Map([[onlyTable ?? tableOfPattern(location), files]]);
    }
    if (!status.isDirectory()) return new Map([[onlyTable ?? tableOfFile(location), [location]]]);
    return await filesOfFolder(source, location);
  } catch (error) {
    if (error instanceof PanoramaError) throw error;
    throw unreadable(
      source,
      `Cannot read ${location} (${(error as NodeJS.ErrnoException).code ?? "?"})`,
      error,
    );
  }
}

async function filesOfFolder(source: string, folder: string): Promise<FilesByTable> {
  const tables = new Map<string, readonly string[]>();
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort(byName)) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await stat(path)).isDirectory());
    if (entry.name.startsWith(".") || (!isFolder && !isData(entry.name))) continue;
    const files = isFolder ? await filesBelow(path) : [path];
    if (files.length === 0) continue;
    const table = isFolder ? entry.name : tableOfFile(path);
    const other = tables.get(table)?.[0];
    if (other !== undefined) {
      const both = `${relative(folder, other)} and ${relative(folder, files[0] as string)}`;
      throw unreadable(source, `Two tables in ${folder} would be called ${table}: ${both}`);
    }
    tables.set(table, files);
  }
  return new Map([...tables].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && isData(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !relative(folder, path)
          .split(sep)
          .some((part) => part.startsWith(".")),
    )
    .sort();
}

async function filesOfPattern(pattern: string): Promise<readonly string[]> {
  let root = dirname(pattern);
  while (isPattern(root)) root = dirname(root);
  const rest = relative(root, pattern);
  const isDeep = rest.includes(sep);
  const entries = await readdir(root, { recursive: isDeep, withFileTypes: true });
  const fits = patternExpression(rest);
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && !rejectedRows.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => fits.test(relative(root, path)))
    .sort();
}

function patternExpression(pattern: string): RegExp {
  const pieces = pattern.split(/(\*\*\/|\*\*|\*|\?)/).map((piece) => {
    switch (piece) {
      case "**/":
        return "(?:[^/]+/)*";
      case "**":
        return ".*";
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      default:
        return piece.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
    }
  });
  return new RegExp(`^${pieces.join("")}$`);
}

function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

function isData(name: string): boolean {
  return dataFile.test(name) && !rejectedRows.test(name) && !name.startsWith(".");
}

function tableOfFile(path: string): string {
  const name = basename(path).replace(/\.gz$/i, "");
  return name.replace(/(.)\.[^.]+$/, "$1");
}

/** What is left of the name without its wildcards, or the folder's name. */
function tableOfPattern(pattern: string): string {
  const name = tableOfFile(pattern)
    .replaceAll(/[*?]+/g, "")
    .replaceAll(/^[-_. ]+|[-_. ]+$/g, "");
  if (name !== "") return name;
  let folder = dirname(pattern);
  while (isPattern(basename(folder))) folder = dirname(folder);
  return basename(folder);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function unreadable(source: string, message: string, cause?: unknown): PanoramaError {
  return new PanoramaError("SOURCE_UNREADABLE", message, { source }, cause === undefined ? {} : { cause });
}
