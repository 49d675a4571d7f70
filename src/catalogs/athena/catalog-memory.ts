import { PanoramaError } from "../../errors.ts";
import type { Store } from "../../stores/store.ts";

/**
 * Where the catalog keeps what it wrote to Glue, so that a run without news asks Glue nothing. Losing it costs a
 * comparison with Glue; keep it with the lake, so that every machine finds it.
 */
export interface CatalogMemory {
  load(): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;

  /**
   * Replaces all of it if it still has `version`, or if there is none for undefined, and resolves to its new
   * version; resolves to undefined, and replaces nothing, when somebody else has saved.
   */
  save(bytes: Uint8Array, version: string | undefined): Promise<string | undefined>;
}

/** A memory that is an object of a store. */
export function storedMemory(store: Store, key: string): CatalogMemory {
  return {
    load: () => store.get(key),
    async save(bytes, version) {
      try {
        return (await store.put(key, bytes, { ifVersion: version ?? null })).version;
      } catch (error) {
        if (error instanceof PanoramaError && error.code === "STORE_CONFLICT") return undefined;
        throw error;
      }
    },
  };
}
