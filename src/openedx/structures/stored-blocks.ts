import type { StructureBlock, StructureDocument } from "./structure-document.ts";

/** A block as the structure holds it, linked to its children. */
export interface StoredBlock {
  readonly type: string;
  readonly id: string;
  readonly block: StructureBlock;
  /** Each once, in course order; those that the structure lacks are not among them. */
  readonly children: readonly StoredBlock[];
}

export interface StoredBlocks {
  readonly root: StoredBlock | undefined;
  /** In the order of the document. */
  readonly blocks: readonly StoredBlock[];
  readonly danglingChildren: number;
  readonly unreadableBlocks: number;
  readonly repeatedBlocks: number;
}

interface Unlinked extends StoredBlock {
  readonly children: StoredBlock[];
}

/** The blocks of a structure by their keys, each linked to its children. */
export function indexBlocks(structure: StructureDocument): StoredBlocks {
  const byKey = new Map<string, Unlinked>();
  let unreadableBlocks = 0;
  let repeatedBlocks = 0;
  const listed: unknown = structure.blocks;
  for (const block of Array.isArray(listed) ? (listed as readonly (StructureBlock | null)[]) : []) {
    const type = block?.block_type;
    const id = block?.block_id;
    const key = keyOf([type, id]);
    if (!block || typeof type !== "string" || typeof id !== "string" || key === undefined) {
      unreadableBlocks++;
      continue;
    }
    if (byKey.has(key)) repeatedBlocks++;
    byKey.set(key, { type, id, block, children: [] });
  }

  let danglingChildren = 0;
  for (const { block, children } of byKey.values()) {
    const listed: unknown = block.fields?.["children"];
    const found = new Set<StoredBlock>();
    for (const reference of Array.isArray(listed) ? (listed as readonly unknown[]) : []) {
      const child = byKey.get(keyOf(reference) ?? "");
      if (child === undefined) danglingChildren++;
      else found.add(child);
    }
    children.push(...found);
  }
  return {
    root: byKey.get(keyOf(structure.root) ?? ""),
    blocks: [...byKey.values()],
    danglingChildren,
    unreadableBlocks,
    repeatedBlocks,
  };
}

/** Of a block's type and id as structures write them, an array of two; undefined for anything else. */
function keyOf(reference: unknown): string | undefined {
  if (!Array.isArray(reference)) return undefined;
  const [type, id] = reference as readonly unknown[];
  const usable = typeof type === "string" && typeof id === "string" && type !== "" && id !== "";
  return usable ? `${type}\n${id}` : undefined;
}
