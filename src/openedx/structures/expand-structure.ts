import {
  type BlockSettings,
  type InheritedSettings,
  nothingInherited,
  readSettings,
} from "./block-settings.ts";
import type { ExpandedBlock, ExpandedStructure, Standing } from "./expanded-structure.ts";
import { indexBlocks, type StoredBlock } from "./stored-blocks.ts";
import type { StructureDocument } from "./structure-document.ts";

/** Pages beside the course: the block types that Open edX tags as detached. */
const detachedTypes: ReadonlySet<string> = new Set(["about", "course_info", "static_tab"]);

/** A block on the way from where the walk began to where it is. */
interface Step {
  readonly block: StoredBlock;
  readonly index: number;
  readonly settings: InheritedSettings;
  nextChild: number;
}

/** Its parents are known at the end only. */
interface BlockInMaking extends ExpandedBlock {
  readonly parents: number[];
}

/**
 * Walks a structure from its root, children in their order, each block once and on its first path. Memory is in
 * proportion to the number of blocks, not to what they hold; deep nesting takes no stack.
 */
export function expandStructure(structure: StructureDocument): ExpandedStructure {
  const stored = indexBlocks(structure);
  const expanded: BlockInMaking[] = [];
  const reached = new Map<StoredBlock, number>();
  let cycles = 0;
  let unreadableDates = 0;

  const enter = (block: StoredBlock, standing: Standing, above: Step | undefined): Step => {
    const index = expanded.length;
    const inherited = above?.settings ?? nothingInherited;
    const settings = readSettings(block.block, block.id, inherited, () => unreadableDates++);
    const depth = above === undefined ? 0 : (expanded[above.index]?.depth ?? 0) + 1;
    expanded.push(expandBlock(block, settings, standing, above?.index, depth));
    reached.set(block, index);
    return { block, index, settings, nextChild: 0 };
  };
  const walk = (from: StoredBlock, standing: Standing): void => {
    const way = [enter(from, standing, undefined)];
    const onTheWay = new Set([from]);
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const child = step.block.children[step.nextChild++];
      if (child === undefined) {
        onTheWay.delete(step.block);
        way.pop();
      } else if (onTheWay.has(child)) {
        cycles++;
      } else if (!reached.has(child) && !detachedTypes.has(child.type)) {
        way.push(enter(child, standing, step));
        onTheWay.add(child);
      }
    }
  };

  if (stored.root !== undefined) walk(stored.root, "course");
  for (const block of orphansFirst(stored.blocks, reached)) {
    if (!reached.has(block)) walk(block, detachedTypes.has(block.type) ? "detached" : "orphan");
  }

  addParents(expanded, reached);
  const definitionIds = new Set(expanded.flatMap(({ definitionId }) => definitionId ?? []));
  return {
    structureId: structure._id,
    blocks: expanded,
    definitionIds: [...definitionIds],
    oddities: {
      danglingChildren: stored.danglingChildren,
      cycles,
      unreadableBlocks: stored.unreadableBlocks,
      repeatedBlocks: stored.repeatedBlocks,
      unreadableDates,
      missingDefinitions: expanded.filter(lacksDefinition).length,
      missingRoots: stored.root === undefined ? 1 : 0,
    },
  };
}

function expandBlock(
  { type, id, block }: StoredBlock,
  settings: BlockSettings,
  standing: Standing,
  parent: number | undefined,
  depth: number,
): BlockInMaking {
  const weight = type === "problem" ? settings.weight : undefined;
  const counts = type === "problem" && weight === undefined;
  const definition = block.definition;
  return {
    type,
    id,
    standing,
    displayName: settings.displayName,
    parent,
    parents: [],
    depth: standing === "course" ? depth : undefined,
    graded: settings.graded,
    visibleToStaffOnly: settings.visibleToStaffOnly,
    format: settings.format,
    due: settings.due,
    start: settings.start,
    sourceLibrary: settings.sourceLibrary,
    maxCount: settings.maxCount,
    weight,
    definitionId: counts && typeof definition === "string" && definition !== "" ? definition : undefined,
  };
}

function lacksDefinition({ type, weight, definitionId }: BlockInMaking): boolean {
  return type === "problem" && weight === undefined && definitionId === undefined;
}

/**
 * What the walk from the root did not reach: blocks that no other of these has as a child, then the rest, which
 * has a way only from blocks before it or from a ring; detached blocks last.
 */
function orphansFirst(
  blocks: readonly StoredBlock[],
  reached: ReadonlyMap<StoredBlock, number>,
): readonly StoredBlock[] {
  const left = blocks.filter((block) => !reached.has(block));
  const childrenOfLeft = new Set(left.flatMap(({ children }) => children));
  const orphans = left.filter(({ type }) => !detachedTypes.has(type));
  return [
    ...orphans.filter((block) => !childrenOfLeft.has(block)),
    ...orphans,
    ...left.filter(({ type }) => detachedTypes.has(type)),
  ];
}

/** Gives each block the indexes of all that have it as a child. */
function addParents(expanded: readonly BlockInMaking[], reached: ReadonlyMap<StoredBlock, number>): void {
  // A map keeps the order in which blocks were reached, so parents come in theirs.
  for (const [block, index] of reached) {
    for (const child of block.children) {
      const at = reached.get(child);
      if (at !== undefined) expanded[at]?.parents.push(index);
    }
  }
}
