import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { structureIdOf, structureIndexKey, structureKey, structuresFolder } from "../../stores/lake-path.ts";
import type { LakePlace } from "../../stores/lake-path.ts";
import type { Store } from "../../stores/store.ts";
import type { RememberedStructure, StructureMemory } from "./structure-memory.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * Has to be raised with every change to what the same documents are expanded to: what is kept under another number
 * is read from the source again.
 */
const expansion = 1;

interface StoredStructure {
  readonly expansion: number;
  readonly expanded: RememberedStructure["expanded"];
  readonly inputCounts: readonly (readonly [string, number])[];
}

/** In the system folder of a lake: a compressed object per structure, and one for the courses' last versions. */
export function storedStructureMemory(store: Store, place: LakePlace): StructureMemory {
  return {
    async lastVersions() {
      const versions = await readJson<Readonly<Record<string, string>>>(store, structureIndexKey(place));
      return new Map(Object.entries(versions ?? {}));
    },

    async load(structureId) {
      const stored = await readJson<StoredStructure>(store, structureKey(place, structureId));
      if (stored?.expansion !== expansion) return undefined;
      return { expanded: stored.expanded, inputCounts: new Map(stored.inputCounts) };
    },

    async save({ expanded, inputCounts }) {
      const stored: StoredStructure = { expansion, expanded, inputCounts: [...inputCounts] };
      await writeJson(store, structureKey(place, expanded.structureId), stored);
    },

    async keepOnly(lastVersions) {
      await writeJson(store, structureIndexKey(place), Object.fromEntries(lastVersions));
      const kept = new Set(lastVersions.values());
      const unused: string[] = [];
      for await (const key of store.keys(structuresFolder(place))) {
        const structureId = structureIdOf(place, key);
        if (structureId !== undefined && !kept.has(structureId)) unused.push(key);
      }
      await store.remove(unused);
    },
  };
}

/** undefined for what is not there or is damaged: it is no loss that cannot be made good. */
async function readJson<Content>(store: Store, key: string): Promise<Content | undefined> {
  const object = await store.get(key);
  if (object === undefined) return undefined;
  try {
    return JSON.parse((await decompress(object.bytes)).toString("utf8")) as Content;
  } catch {
    return undefined;
  }
}

async function writeJson(store: Store, key: string, content: unknown): Promise<void> {
  await store.put(key, await compress(JSON.stringify(content), { level: 4 }));
}
