import { openAthenaCatalog } from "../../src/catalogs/athena/athena-catalog.ts";
import type { AthenaCatalogOptions } from "../../src/catalogs/athena/athena-catalog.ts";
import type { CatalogMemory } from "../../src/catalogs/athena/catalog-memory.ts";
import type { Catalog, LakeTable } from "../../src/catalogs/catalog.ts";
import type { TestMotoServer } from "../services/moto-server.ts";
import { columnsOf, lakeTable, slice } from "./small-lake.ts";

export const lms = { lms: "lms.example.com" };

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

/** A partition per course, its files in the run's folder. */
export function modules(courses: readonly string[], run: string, table: Partial<LakeTable> = {}): LakeTable {
  return lakeTable("modules", {
    columns: columnsOf({ id: "int64", course_id: "text", grade: "double", modified: "timestamp" }),
    basePartitions: ["lms"],
    partitionColumns: ["course_id"],
    slices: courses.map((course) => {
      const folder = `s3://lake/modules/lms=${lms.lms}/course_id=${encodeURIComponent(course)}`;
      return slice([`${folder}/${run}/part-00000.parquet`], { course_id: course }, lms);
    }),
    ...table,
  });
}

export function csvModules(courses: readonly string[], table: Partial<LakeTable> = {}): LakeTable {
  return modules(courses, "", {
    format: "csv",
    slices: courses.map((course) => {
      const folder = `s3://lake/modules/lms=${lms.lms}/course_id=${encodeURIComponent(course)}`;
      return slice([`${folder}/modules.csv`], { course_id: course }, lms);
    }),
    ...table,
  });
}

/** Where the partitions are, by their last value. */
export async function locationsOf(
  server: TestMotoServer,
  database: string,
  table: string,
): Promise<Readonly<Record<string, string>>> {
  const { Partitions = [] } = await server.glue.getPartitions({ DatabaseName: database, TableName: table });
  return Object.fromEntries(
    Partitions.map(({ Values, StorageDescriptor }) => [
      Values?.at(-1) ?? "",
      StorageDescriptor?.Location ?? "",
    ]),
  );
}
