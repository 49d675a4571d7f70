import { mix, Random, tag } from "./random.ts";

/** Block types by number, so that an outline is a few small arrays whatever the number of courses. */
export const blockTypes = [
  "course",
  "chapter",
  "sequential",
  "vertical",
  "html",
  "video",
  "problem",
  "openassessment",
  "library_content",
  "itembank",
  "drag-and-drop-v2",
  "poll",
  "lti_consumer",
] as const;

export type BlockType = (typeof blockTypes)[number];

/** The blocks of one course, in the order a learner meets them; block 0 is the course. */
export interface Outline {
  /** Of the course whose blocks these are: a CCX shares its master's. */
  readonly seed: number;
  readonly blockCount: number;
  /** Index into `blockTypes`. */
  readonly types: Uint8Array;
  readonly parents: Uint16Array;
  /** The sequential a block lies in; 0 above sequentials. */
  readonly sequentials: Uint16Array;
  /** Position among its siblings, from 1. */
  readonly positions: Uint8Array;
  /** 1 where the points count for the course's grade. */
  readonly graded: Uint8Array;
  /** Points of a problem or open assessment; 0 is practice, and everything that has no points. */
  readonly weights: Uint8Array;
  /** How many answers a problem asks for. */
  readonly inputs: Uint8Array;
  /** How many problems a pool chooses from, which come right after it; 0 for what is no pool. */
  readonly pooled: Uint8Array;
  /** Of 100 learners that answer a problem, how many are right in the end. */
  readonly ease: Uint8Array;
}

const outlineTag = tag("outline");
const poolTag = tag("pool");

const leafTypes: readonly (readonly [BlockType, number])[] = [
  ["html", 26],
  ["video", 30],
  ["problem", 36],
  ["library_content", 2],
  ["itembank", 1],
  ["drag-and-drop-v2", 2],
  ["poll", 2],
  ["lti_consumer", 1],
];

export function blockTypeNumber(type: BlockType): number {
  return blockTypes.indexOf(type);
}

const problem = blockTypeNumber("problem");
const openassessment = blockTypeNumber("openassessment");
const dragAndDrop = blockTypeNumber("drag-and-drop-v2");
const libraryContent = blockTypeNumber("library_content");
const itembank = blockTypeNumber("itembank");

/** Whether a learner can earn points in blocks of this type. */
export function isScored(type: number): boolean {
  return type === problem || type === openassessment || type === dragAndDrop;
}

/** Whether blocks of this type give each learner some of the problems that they hold. */
export function isPool(type: number): boolean {
  return type === libraryContent || type === itembank;
}

/** How many of a pool's problems a learner is given. */
export function shownOfPool(type: number): number {
  return type === libraryContent ? 2 : 1;
}

export function planOutline(siteSeed: number, courseIndex: number): Outline {
  const seed = new Random(siteSeed, outlineTag, courseIndex).word();
  const random = new Random(seed, outlineTag);
  const draft = new OutlineDraft(seed, random);
  draft.add("course", 0, false);
  const chapters = 6 + random.below(7);
  for (let c = 1; c <= chapters; c++) {
    const chapter = draft.add("chapter", 0, false);
    const sequentials = 2 + random.below(2);
    for (let s = 1; s <= sequentials; s++) {
      // The last subsection of a section is its homework.
      const graded = s === sequentials;
      const sequential = draft.add("sequential", chapter, graded);
      const verticals = 1 + random.below(3);
      for (let v = 1; v <= verticals; v++) {
        const vertical = draft.add("vertical", sequential, graded);
        const leaves = 2 + random.below(4);
        for (let l = 1; l <= leaves; l++) {
          const type = graded && l % 2 === 0 ? "problem" : random.weighted(leafTypes);
          const leaf = draft.add(type, vertical, graded);
          if (isPool(blockTypeNumber(type))) {
            draft.fill(leaf, graded);
          }
        }
        if (graded && v === 1 && (c === 2 || c === 5) && courseIndex % 2 === 0) {
          draft.add("openassessment", vertical, true);
        }
      }
    }
  }
  return draft.finish();
}

class OutlineDraft {
  readonly #seed: number;
  readonly #random: Random;
  readonly #types: number[] = [];
  readonly #parents: number[] = [];
  readonly #sequentials: number[] = [];
  readonly #positions: number[] = [];
  readonly #graded: number[] = [];
  readonly #weights: number[] = [];
  readonly #inputs: number[] = [];
  readonly #pooled: number[] = [];
  readonly #ease: number[] = [];
  readonly #children: number[] = [];

  constructor(seed: number, random: Random) {
    this.#seed = seed;
    this.#random = random;
  }

  add(type: BlockType, parent: number, graded: boolean): number {
    const index = this.#types.length;
    const number = blockTypeNumber(type);
    this.#children.push(0);
    const position = index === 0 ? 1 : (this.#children[parent] as number) + 1;
    if (index > 0) {
      this.#children[parent] = position;
    }
    this.#types.push(number);
    this.#parents.push(parent);
    this.#sequentials.push(type === "sequential" ? index : (this.#sequentials[parent] ?? 0));
    this.#positions.push(position);
    const scored = isScored(number);
    // One ungraded problem in twelve is worth nothing: legal, and a division by zero for the unwary.
    const practice = scored && !graded && this.#random.below(12) === 0;
    this.#graded.push(scored && graded ? 1 : 0);
    this.#weights.push(!scored || practice ? 0 : type === "openassessment" ? 10 : this.#random.pick(points));
    this.#inputs.push(type === "problem" ? this.#random.pick(inputCounts) : 0);
    this.#pooled.push(0);
    this.#ease.push(45 + this.#random.below(50));
    return index;
  }

  /** Puts three to five problems into a pool,. */
  fill(pool: number, graded: boolean): void {
    const count = 3 + (mix(this.#seed, poolTag, pool) % 3);
    for (let n = 0; n < count; n++) {
      this.add("problem", pool, graded);
    }
    this.#pooled[pool] = count;
  }

  finish(): Outline {
    return {
      seed: this.#seed,
      blockCount: this.#types.length,
      types: Uint8Array.from(this.#types),
      parents: Uint16Array.from(this.#parents),
      sequentials: Uint16Array.from(this.#sequentials),
      positions: Uint8Array.from(this.#positions),
      graded: Uint8Array.from(this.#graded),
      weights: Uint8Array.from(this.#weights),
      inputs: Uint8Array.from(this.#inputs),
      pooled: Uint8Array.from(this.#pooled),
      ease: Uint8Array.from(this.#ease),
    };
  }
}

const points: readonly number[] = [1, 1, 1, 2, 2, 3, 5];
const inputCounts: readonly number[] = [1, 1, 1, 1, 1, 1, 2, 3];
