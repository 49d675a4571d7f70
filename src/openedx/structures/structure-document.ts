/**
 * A document of `modulestore.structures` after decoding: ids are 24 hexadecimal digits, dates are `Date`s (ISO
 * text in some imported courses), all else is plain JSON. Structures are immutable: the same id always holds the
 * same blocks. Everything but the id may be missing, null or of another form than the platform writes today.
 */
export interface StructureDocument {
  readonly _id: string;
  /** Type and id of the block that the course begins with. */
  readonly root?: unknown;
  /** In the order they were stored, which is not the order of the course. */
  readonly blocks?: readonly (StructureBlock | null)[] | null;
}

export interface StructureBlock {
  readonly block_type?: unknown;
  readonly block_id?: unknown;
  /** Id of a document of `modulestore.definitions`. */
  readonly definition?: unknown;
  /** What the author set, and `children`. */
  readonly fields?: Readonly<Record<string, unknown>> | null;
  /** What came with a block out of a library; `fields` holds only what was changed since. */
  readonly defaults?: Readonly<Record<string, unknown>> | null;
  readonly edit_info?: Readonly<Record<string, unknown>> | null;
}
