import type { ByteSink } from "../encoders/encoder.ts";
import type { CheckResult } from "../sources/source.ts";

export interface StoredObject {
  /** Path below the store's root, with `/` between segments and none at either end. */
  readonly key: string;
  readonly byteCount: number;
  /** Changes whenever the content does. */
  readonly version: string;
}

/** Whether to look into a folder, whose key ends in a slash. */
export type EnterFolder = (folder: string) => boolean;

/** A place files are kept. Knows nothing of tables. */
export interface Store {
  /** What a catalog calls this place: `s3://bucket/` or `/srv/lake/`, ending in a slash. */
  readonly root: string;

  /** Where an object is as a file of this machine, for whoever reads files; left out by a store that has none. */
  readonly pathOf?: (key: string) => string;

  /** Proves that files can be written and removed. Never throws for a "no". */
  check(): Promise<CheckResult>;

  /** Opens an object for writing; it does not exist before `close`. The key must not exist yet, or is replaced. */
  create(key: string): Promise<ObjectWriter>;

  /**
   * Replaces a small object as a whole. With `ifVersion`, only if it still has that version, or does
   * not exist yet (`null`); else throws `STORE_CONFLICT`.
   */
  put(
    key: string,
    bytes: Uint8Array,
    options?: { readonly ifVersion?: string | null },
  ): Promise<StoredObject>;

  /** The object and its version, or undefined when there is none. */
  get(key: string): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;

  /**
   * The bytes of an object from the first to the last, in pieces small enough to hold. Throws where there is none, and
   * where the object cannot be read to its end; what is read ends early only when the caller does.
   */
  read(key: string): AsyncIterable<Uint8Array>;

  /** Every object whose key starts with `prefix`, complete or throws, in key order within a folder. */
  list(prefix: string): AsyncIterable<StoredObject>;

  /**
   * The keys that `list` has, without a look at each object, which takes a disk long. Leaves out what is in folders below
   * `prefix` that `enter` refuses, given as a key that ends in a slash.
   */
  keys(prefix: string, enter?: EnterFolder): AsyncIterable<string>;

  /** Moves an object over another one: a reader finds the old bytes or the new ones. Repeatable: a missing `from` with an existing `to` succeeds. */
  move(from: string, to: string): Promise<void>;

  /** Removing what is not there succeeds. Folders left empty go too. */
  remove(keys: readonly string[]): Promise<void>;

  /**
   * Removes what writers that died left unfinished below `prefix`, and tells their keys, which `get` does not find.
   * With `dryRun` it only looks. Left out by a store whose unfinished objects take no room.
   */
  removeUnfinished?(prefix: string, options?: { readonly dryRun: boolean }): Promise<readonly string[]>;
}

export interface ObjectWriter extends ByteSink {
  /** Makes the object exist, whole and durable. */
  close(): Promise<StoredObject>;
  /** Leaves nothing behind. May be called at any time, also after a failed `close`. */
  abort(): Promise<void>;
}
