import { openAthenaCatalog } from "../../src/catalogs/athena/athena-catalog.ts";
import type { AthenaCatalogOptions } from "../../src/catalogs/athena/athena-catalog.ts";
import type { CatalogMemory } from "../../src/catalogs/athena/catalog-memory.ts";
import type { Catalog } from "../../src/catalogs/catalog.ts";

/** A memory like an object of a store: every version differs, and only the last one can be replaced. */
export interface TestMemory extends CatalogMemory {
  readonly text: string;
  forget(): void;
}

export function memoryObject(): TestMemory {
  let saved: { readonly bytes: Uint8Array; readonly version: string } | undefined;
  let count = 0;
  return {
    get text() {
      return new TextDecoder().decode(saved?.bytes);
    },
    forget() {
      saved = undefined;
    },
    load: async () => saved,
    save: async (bytes, version) => {
      if (version !== saved?.version) return undefined;
      count += 1;
      saved = { bytes, version: String(count) };
      return saved.version;
    },
  };
}

/** The catalog of the LMS `lms.example.com`, which waits for nothing. */
export function catalogAt(url: string, options: Partial<AthenaCatalogOptions> = {}): Catalog {
  return openAthenaCatalog({
    database: "panorama",
    workgroup: options.database ?? "panorama",
    region: "us-east-1",
    credentials: async () => ({ accessKeyId: "tester", secretAccessKey: "tester-secret" }),
    endpointUrls: { glue: url, athena: url },
    ownBasePartition: [{ column: "lms", value: "lms.example.com" }],
    memory: memoryObject(),
    patience: { retryMillis: () => 0, pollMillis: () => 0, attempts: 4 },
    ...options,
  });
}
