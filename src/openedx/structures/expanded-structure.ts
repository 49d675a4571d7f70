/**
 * The blocks of one structure, in course order and with their settings worked out, whichever course they are
 * for: two courses may share a structure. It is plain JSON, so that it can be kept by the structure's id.
 */
export interface ExpandedStructure {
  readonly structureId: string;
  /**
   * Every block once: those of the course from its root on, as a learner meets them; then orphans; then detached
   * blocks. A block's `parent` stands before it.
   */
  readonly blocks: readonly ExpandedBlock[];
  /** The definitions whose inputs have to be counted, each once: those of problems without a weight. */
  readonly definitionIds: readonly string[];
  readonly oddities: StructureOddities;
}

/**
 * Where a block stands.
 *
 * - `course`: below the root, or the root.
 * - `orphan`: no block of the course leads to it. Studio leaves such blocks behind.
 * - `detached`: a page beside the course, without a parent by design.
 */
export type Standing = "course" | "orphan" | "detached";

export interface ExpandedBlock {
  readonly type: string;
  readonly id: string;
  readonly standing: Standing;
  /** As the LMS shows it: the block's id, with spaces for underscores, when it was given none. */
  readonly displayName: string;
  /** Index of the block that leads to it on its first path; undefined for a root. */
  readonly parent?: number | undefined;
  /** Indexes of all blocks that have it as a child, in their order. */
  readonly parents: readonly number[];
  /** Steps from the root; undefined outside of the course. */
  readonly depth?: number | undefined;
  readonly graded: boolean;
  readonly visibleToStaffOnly: boolean;
  readonly format?: string | undefined;
  /** Milliseconds since 1970. */
  readonly due?: number | undefined;
  /** Milliseconds since 1970. */
  readonly start?: number | undefined;
  /** Key of the library that it takes blocks from, or came out of. */
  readonly sourceLibrary?: string | undefined;
  readonly maxCount?: number | undefined;
  /** Of problems: the setting, where there is one. */
  readonly weight?: number | undefined;
  /** Of problems without a weight: where their inputs are counted. */
  readonly definitionId?: string | undefined;
}

/** What was not as it should be, counted. None of it keeps a course from being loaded. */
export interface StructureOddities {
  /** Children that are not in the structure. */
  readonly danglingChildren: number;
  /** Children that are their own ancestors. */
  readonly cycles: number;
  /** Blocks without a type or an id: they are left out. */
  readonly unreadableBlocks: number;
  /** Blocks with the key of another one: the last one counts, as it does for the LMS. */
  readonly repeatedBlocks: number;
  /** Dates that are none: they are taken for not set. */
  readonly unreadableDates: number;
  /** Problems with neither a weight nor a definition. */
  readonly missingDefinitions: number;
  /** 1 when the root is not among the blocks: all of them are orphans, and there is no row for the course. */
  readonly missingRoots: number;
}
