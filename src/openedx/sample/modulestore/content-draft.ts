import { spellObjectId } from "../course-index.ts";
import type { Random } from "../random.ts";
import type { BlockReference, Fields, SampleBlock, SampleDefinition } from "./modulestore-documents.ts";

export interface DraftedBlock {
  readonly type: string;
  readonly id: string;
  readonly fields: Fields;
  readonly children?: readonly BlockReference[];
  /** What came with it out of a library. */
  readonly defaults?: Fields;
  /** What its definition holds. */
  readonly content?: Fields | undefined;
  readonly originalUsage?: string;
}

/** Collects the blocks of a structure that was written at one moment, with their definitions. */
export class ContentDraft {
  readonly blocks: SampleBlock[] = [];
  readonly definitions: SampleDefinition[] = [];
  readonly #structureId: string;
  readonly #edited: number;
  readonly #random: Random;

  constructor(structureId: string, edited: number, random: Random) {
    this.#structureId = structureId;
    this.#edited = edited;
    this.#random = random;
  }

  add({ type, id, fields, children, defaults, content, originalUsage }: DraftedBlock): BlockReference {
    const definition = spellObjectId(this.#edited, this.#random);
    const edited_on = new Date(this.#edited / 1000);
    this.blocks.push({
      block_type: type,
      block_id: id,
      definition,
      fields: children === undefined ? fields : { ...fields, children },
      defaults: defaults ?? {},
      asides: {},
      edit_info: {
        previous_version: null,
        update_version: this.#structureId,
        source_version: null,
        edited_on,
        edited_by: 1,
        original_usage: originalUsage ?? null,
        original_usage_version:
          originalUsage === undefined ? null : spellObjectId(this.#edited, this.#random),
      },
    });
    this.definitions.push({
      _id: definition,
      block_type: type,
      fields: content ?? {},
      edit_info: { edited_by: 1, edited_on, previous_version: null, original_version: definition },
      schema_version: 1,
    });
    return [type, id];
  }
}
