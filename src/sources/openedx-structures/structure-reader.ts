import { PanoramaError } from "../../errors.ts";
import { expandStructure } from "../../openedx/structures/expand-structure.ts";
import { type Modulestore, countDefinitionInputs, fetchStructure } from "./structure-documents.ts";
import type { RememberedStructure, StructureMemory } from "./structure-memory.ts";

/** What became of a structure. */
export type ReadStructure = RememberedStructure | { readonly failure: string };

/** What was not as it should be in the structures that were read, counted. */
export type OddityCounts = Map<string, number>;

/** Being fetched while another one is worked on: enough not to wait for a server on this machine. */
const fetchedAhead = 2;

/**
 * Reads structures in their order: from memory where it has them, else from the source, and then they are
 * remembered. Three are held at a time.
 */
export async function* readStructures(
  modulestore: Modulestore,
  structureIds: readonly string[],
  memory: StructureMemory | undefined,
  oddities: OddityCounts,
  signal: AbortSignal,
): AsyncGenerator<ReadStructure> {
  const begin = (index: number): Promise<ReadStructure> | undefined => {
    const structureId = structureIds[index];
    if (structureId === undefined) return undefined;
    const reading = readStructure(modulestore, structureId, memory, oddities, signal);
    // Whoever stops before its turn does not want to know.
    reading.catch(() => undefined);
    return reading;
  };
  const ahead: Promise<ReadStructure>[] = [];
  for (let index = 0; index < structureIds.length + fetchedAhead; index++) {
    const next = begin(index);
    if (next !== undefined) ahead.push(next);
    const current = index < fetchedAhead ? undefined : ahead.shift();
    if (current !== undefined) yield await current;
  }
}

async function readStructure(
  modulestore: Modulestore,
  structureId: string,
  memory: StructureMemory | undefined,
  oddities: OddityCounts,
  signal: AbortSignal,
): Promise<ReadStructure> {
  signal.throwIfAborted();
  const known = await memory?.load(structureId);
  if (known !== undefined) return known;
  const read = await expandFromSource(modulestore, structureId, oddities, signal);
  if (!("failure" in read)) await memory?.save(read);
  return read;
}

async function expandFromSource(
  modulestore: Modulestore,
  structureId: string,
  oddities: OddityCounts,
  signal: AbortSignal,
): Promise<ReadStructure> {
  const place = `${modulestore.collection}.structures`;
  let expanded: RememberedStructure["expanded"];
  try {
    const document = await fetchStructure(modulestore, structureId, signal);
    if (document === undefined) return { failure: `structure ${structureId} is not in ${place}` };
    expanded = expandStructure(document);
  } catch (error) {
    if (error instanceof PanoramaError || signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { failure: `structure ${structureId} in ${place} cannot be read: ${reason}` };
  }
  // An empty one would make the course vanish.
  if (expanded.blocks.length === 0) return { failure: `structure ${structureId} in ${place} has no blocks` };

  const counts = await countDefinitionInputs(modulestore, expanded.definitionIds, signal);
  const inputCounts = new Map([...counts].map(([id, { inputCount }]) => [id, inputCount] as const));
  const malformed = [...counts.values()].filter(({ wellFormed }) => !wellFormed).length;
  add(oddities, {
    ...expanded.oddities,
    absentDefinitions: expanded.definitionIds.length - counts.size,
    malformedProblems: malformed,
  });
  return { expanded, inputCounts };
}

function add(oddities: OddityCounts, found: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(found)) {
    if (count > 0) oddities.set(name, (oddities.get(name) ?? 0) + count);
  }
}
