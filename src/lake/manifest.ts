import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { LakeFormat } from "../encoders/encoder.ts";
import { PanoramaError } from "../errors.ts";
import { type LakePlace, manifestKey } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";
import type { Alteration } from "../table/alteration.ts";
import type { KeyRange } from "../table/key-range.ts";
import type { Partition } from "../table/partition.ts";
import type { Column } from "../table/table-schema.ts";
import { readAt } from "./json-fields.ts";
import { parseManifest, spellManifest } from "./manifest-format.ts";

/** The truth about one lake: which files make up each of its tables now. A catalog can be rebuilt from it. */
export interface LakeManifest {
  /** 0 for a lake that was never published to; each saving adds one. */
  readonly generation: number;
  /** By the table's name at the source. */
  readonly tables: ReadonlyMap<string, ManifestTable>;
}

export interface ManifestTable {
  readonly table: string;
  /** The datasource's name in the settings. */
  readonly source: string;
  /** In the order of the settings, partition columns included, base partitions not. */
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly partitionColumns: readonly string[];
  readonly format: LakeFormat;
  /** The load that wrote the slices; undefined for a table that is defined but was never loaded. */
  readonly load: ManifestLoad | undefined;
  readonly definitions: TableDefinitions;
  readonly slices: readonly ManifestSlice[];
  /** Files of earlier loads, kept for queries that still read them. */
  readonly replaced: readonly ReplacedFiles[];
  /**
   * Files that are still to be removed to finish publishing: of slices without rows in CSV, of another format, or with rows
   * of people who were forgotten, those of kept versions among them.
   */
  readonly removals: readonly string[];
}

export interface ManifestLoad {
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly loadedAt: string;
  readonly rowCount: number;
  readonly alterations: readonly Alteration[];
  /** When all of its rows were read last: ISO 8601, UTC. At `loadedAt`, unless only some slices were read then. */
  readonly fullAt: string;
  /** From where a later load has to look for changes; undefined to read everything. */
  readonly watermark?: Watermark;
  /** A mark of what the settings asked for: equal ones asked for the same. */
  readonly request?: string;
  /** A mark of that part of it which decides about columns. */
  readonly shape?: string;
  /** Columns that were listed, or kept, and that the source lacked: all NULL. */
  readonly absent?: readonly string[];
  /** As of `TableReading.definition`. */
  readonly definition?: string;
  /** The source's mark of the rows, as of `Snapshot.contentMarks`; undefined when it could not tell. */
  readonly content?: string;
}

export interface Watermark {
  /** The field at the source whose times it is about. */
  readonly field: string;
  /** A time as the source spells it. */
  readonly value: string;
}

/** What catalogs are to show of a table, and under which names. */
export interface TableDefinitions {
  readonly raw: boolean;
  readonly view: boolean;
  readonly rawName: string;
  readonly viewName: string;
}

export interface ManifestSlice {
  readonly partition: Partition;
  readonly files: readonly ManifestFile[];
  /** Rows that the source had when the slice was loaded, and that are left out because of whom they are about. */
  readonly forgottenRows?: number;
}

export interface ManifestFile {
  readonly key: string;
  readonly byteCount: number;
  readonly rowCount: number;
  /** Of which range of the table's key it has the rows, where the table is kept in such ranges. Together they hold all keys. */
  readonly keys?: KeyRange;
  /** Of a file with `keys`, as of the slice. */
  readonly forgottenRows?: number;
  /** Of a file with `keys`, as of `KeyDigest`, in digits; undefined where the file has no column of the key, or lacks rows. */
  readonly keyDigest?: string;
  /** Where the file still waits to be moved to `key`; undefined once it has been. */
  readonly stagedAs?: string;
}

export interface ReplacedFiles {
  /** When they were replaced: ISO 8601, UTC. */
  readonly at: string;
  readonly files: readonly string[];
}

/** A manifest as read, with what proves that nobody has saved since. */
export interface SavedManifest {
  readonly manifest: LakeManifest;
  /** The store's version of it; `null` when there is none yet. */
  readonly version: string | null;
}

/**
 * The manifest of a lake, empty for a lake that was never published to. Throws `LAKE_UNREADABLE` for what
 * another program, a newer version or an accident left there: such a lake is not written to.
 */
export async function readManifest(store: Store, lake: LakePlace): Promise<SavedManifest> {
  const key = manifestKey(lake);
  const found = await store.get(key);
  if (found === undefined) return { manifest: { generation: 0, tables: new Map() }, version: null };
  return { manifest: parseAt(store, key, found.bytes).manifest, version: found.version };
}

/** The table as the lake has it now; undefined where it does not. */
export async function readManifestTable(
  store: Store,
  lake: LakePlace,
  table: string,
): Promise<ManifestTable | undefined> {
  return (await readManifest(store, lake)).manifest.tables.get(table);
}

/** As `readManifest`, of a manifest found by listing; undefined when it has gone meanwhile. */
export async function readManifestAt(store: Store, key: string): Promise<LakeManifest | undefined> {
  const found = await store.get(key);
  return found && parseAt(store, key, found.bytes).manifest;
}

/** Saves `next` in place of `previous`. Throws `STORE_CONFLICT` when somebody saved since that was read. */
export async function saveManifest(
  store: Store,
  lake: LakePlace,
  next: LakeManifest,
  previous: SavedManifest,
): Promise<SavedManifest> {
  const key = manifestKey(lake);
  const manifest = { ...next, generation: previous.manifest.generation + 1 };
  const saving = randomBytes(8).toString("hex");
  const bytes = Buffer.from(spellManifest(manifest, saving));
  try {
    const { version } = await store.put(key, bytes, { ifVersion: previous.version });
    return { manifest, version };
  } catch (cause) {
    if (!isConflict(cause)) throw cause;
    // A store behind a network may have saved, lost the answer, tried again and met its own work.
    const found = await store.get(key);
    if (found === undefined || parseAt(store, key, found.bytes).saving !== saving) throw cause;
    return { manifest, version: found.version };
  }
}

/**
 * Saves what `change` makes of the manifest, as often as others save first: `change` is called again with
 * what they saved, and may throw to give up. When it returns undefined or the manifest it was given,
 * nothing is saved.
 */
export async function updateManifest(
  store: Store,
  lake: LakePlace,
  change: (current: LakeManifest) => LakeManifest | undefined,
): Promise<SavedManifest> {
  for (let attempt = 1; ; attempt += 1) {
    const current = await readManifest(store, lake);
    const next = change(current.manifest);
    if (next === undefined || next === current.manifest) return current;
    try {
      return await saveManifest(store, lake, next, current);
    } catch (cause) {
      if (!isConflict(cause) || attempt >= 40) throw cause;
      await delay(Math.random() * Math.min(1_000, 20 * attempt));
    }
  }
}

/** The manifest with some of its tables replaced, or removed where undefined. */
export function withTables(
  manifest: LakeManifest,
  changes: Iterable<readonly [string, ManifestTable | undefined]>,
): LakeManifest {
  const tables = new Map(manifest.tables);
  for (const [name, table] of changes) {
    if (table === undefined) tables.delete(name);
    else tables.set(name, table);
  }
  return { ...manifest, tables };
}

/** The keys of the files of these slices. */
export function filesOf(slices: readonly ManifestSlice[]): readonly string[] {
  return slices.flatMap(({ files }) => files.map(({ key }) => key));
}

export function rowsOf({ files }: Pick<ManifestSlice, "files">): number {
  return files.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

/** Where the bytes of a file are now: it may still wait to be moved to its key. */
export function storedAt({ key, stagedAs = key }: Pick<ManifestFile, "key" | "stagedAs">): string {
  return stagedAs;
}

function parseAt(
  store: Store,
  key: string,
  bytes: Uint8Array,
): { readonly manifest: LakeManifest; readonly saving: string | undefined } {
  return readAt(store.root, key, () => parseManifest(Buffer.from(bytes).toString("utf8")));
}

/** Whether somebody else saved first. */
export function isConflict(cause: unknown): boolean {
  return cause instanceof PanoramaError && cause.code === "STORE_CONFLICT";
}
