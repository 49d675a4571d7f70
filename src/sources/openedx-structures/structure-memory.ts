import type { ExpandedStructure } from "../../openedx/structures/expanded-structure.ts";

/** All that the rows of a structure are made of. */
export interface RememberedStructure {
  readonly expanded: ExpandedStructure;
  /** By definition; one that is missing at the source is not in it. */
  readonly inputCounts: ReadonlyMap<string, number>;
}

/**
 * Keeps expanded structures from one run to the next. Structures are immutable, so what is kept by an id is right
 * for ever; what is lost, or was made by another version of the program, is read from the source again.
 */
export interface StructureMemory {
  /** The structure that each course was last expanded from, by course key. */
  lastVersions(): Promise<ReadonlyMap<string, string>>;

  /** undefined for a structure that is not kept, or not in a form that this program knows. */
  load(structureId: string): Promise<RememberedStructure | undefined>;

  /** May be repeated. Kept from then on, also when the run is interrupted. */
  save(remembered: RememberedStructure): Promise<void>;

  /** Makes these the last versions, and removes every structure that none of them names. */
  keepOnly(lastVersions: ReadonlyMap<string, string>): Promise<void>;
}
