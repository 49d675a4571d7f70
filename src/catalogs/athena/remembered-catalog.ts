import { createHash } from "node:crypto";
import type { LakeFormat } from "../../encoders/encoder.ts";

/** What we wrote to Glue. What is not remembered of a name has to be asked. */
export interface RememberedCatalog {
  /** By raw table. All of them are ours to drop. */
  readonly tables: ReadonlyMap<string, RememberedTable>;
  /** By view. All of them are ours to drop. */
  readonly views: ReadonlyMap<string, RememberedView>;
}

export interface RememberedTable {
  /** Undefined from when it is written to until all of that has succeeded. */
  readonly known:
    | {
        readonly fingerprint: string;
        /** Undefined in what an earlier version wrote. */
        readonly format?: LakeFormat | undefined;
        readonly partitions: Fingerprints;
      }
    | undefined;
}

export interface RememberedView {
  /** The raw table that it reads, perhaps by way of other views, or one of them; empty for none. */
  readonly raw: string;
  /** As of a table's `known`. */
  readonly fingerprint: string | undefined;
}

/** Of each partition, by its values as `partitionKey` joins them. */
export type Fingerprints = ReadonlyMap<string, string>;

export const nothingRemembered: RememberedCatalog = { tables: new Map(), views: new Map() };

const formatName = "panorama-athena-catalog";
const formatVersion = 1;

export function fingerprintOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 16);
}

export function partitionKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

export function partitionValues(key: string): readonly string[] {
  return JSON.parse(key) as readonly string[];
}

/** As JSON, a line per table and view. `database` because another one knows nothing of all this. */
export function spellMemory(catalog: RememberedCatalog, database: string): Uint8Array {
  const head = JSON.stringify({ format: formatName, version: formatVersion, database });
  const tables = [...catalog.tables].sort(byName).map(([name, { known }]) =>
    JSON.stringify({
      name,
      ...(known && {
        fingerprint: known.fingerprint,
        format: known.format,
        partitions: [...known.partitions].map(([key, print]) => [...partitionValues(key), print]),
      }),
    }),
  );
  const views = [...catalog.views].sort(byName).map(([name, view]) => JSON.stringify({ name, ...view }));
  const text = `${head.slice(0, -1)},"tables":[\n${tables.join(",\n")}\n],"views":[\n${views.join(",\n")}\n]}\n`;
  return new TextEncoder().encode(text);
}

/** Reads what `spellMemory` wrote; nothing is remembered of another database, or in what cannot be read. */
export function parseMemory(bytes: Uint8Array, database: string): RememberedCatalog {
  let root: unknown;
  try {
    root = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return nothingRemembered;
  }
  const { format, version, database: of, tables, views } = objectOf(root);
  if (format !== formatName || version !== formatVersion || of !== database) return nothingRemembered;
  return {
    tables: new Map(listOf(tables).flatMap((entry) => namedEntry(entry, tableOf))),
    views: new Map(listOf(views).flatMap((entry) => namedEntry(entry, viewOf))),
  };
}

function namedEntry<T>(
  entry: unknown,
  read: (from: Readonly<Record<string, unknown>>) => T,
): readonly (readonly [string, T])[] {
  const from = objectOf(entry);
  const name = from["name"];
  return typeof name === "string" ? [[name, read(from)]] : [];
}

function tableOf(from: Readonly<Record<string, unknown>>): RememberedTable {
  const { fingerprint, format } = from;
  if (typeof fingerprint !== "string") return { known: undefined };
  const partitions = new Map<string, string>();
  for (const entry of listOf(from["partitions"])) {
    const texts = listOf(entry).filter((text) => typeof text === "string");
    partitions.set(partitionKey(texts.slice(0, -1)), texts.at(-1) ?? "");
  }
  const known = { fingerprint, partitions };
  return { known: format === "csv" || format === "parquet" ? { ...known, format } : known };
}

function viewOf(from: Readonly<Record<string, unknown>>): RememberedView {
  const { raw, fingerprint } = from;
  return {
    raw: typeof raw === "string" ? raw : "",
    fingerprint: typeof fingerprint === "string" ? fingerprint : undefined,
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
