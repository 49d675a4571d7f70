import type { LakeTable } from "../catalogs/catalog.ts";
import type { LakePlace } from "../stores/lake-path.ts";
import type { LakeManifest } from "./manifest.ts";

/** The lake as a catalog is to show it: every table of the manifest that has a definition. */
export function lakeTables(manifest: LakeManifest, lake: LakePlace, root: string): readonly LakeTable[] {
  const shown = [...manifest.tables.values()].filter(
    ({ definitions }) => definitions.raw || definitions.view,
  );
  return shown.map(({ definitions, format, columns, partitionColumns, slices }) => ({
    rawName: definitions.raw ? definitions.rawName : undefined,
    viewName: definitions.view ? definitions.viewName : undefined,
    format,
    columns,
    basePartitions: lake.basePartition.map(({ column }) => column),
    partitionColumns,
    slices: slices.map(({ partition, files }) => ({
      partition,
      basePartition: lake.basePartition,
      files: files.map(({ key }) => root + key),
    })),
  }));
}
