import { setImmediate } from "node:timers/promises";
import type { CcxCourseKey, CourseKey, OpaqueKey } from "../openedx/keys/opaque-key.ts";
import { parseKey } from "../openedx/keys/parse-key.ts";
import { type IndexEntry, planCourseIndex } from "../openedx/sample/course-index.ts";
import { planContent } from "../openedx/sample/modulestore/course-content.ts";
import type { SampleContent } from "../openedx/sample/modulestore/modulestore-documents.ts";
import type { Site } from "../openedx/sample/site.ts";
import { countInputs } from "../openedx/structures/count-inputs.ts";
import { courseRows } from "../openedx/structures/course-rows.ts";
import type { CourseStructureRow } from "../openedx/structures/course-structure-columns.ts";
import { expandStructure } from "../openedx/structures/expand-structure.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import {
  describeStructuresTable,
  planColumns,
  StructureBatches,
  structuresTable,
} from "./openedx-structures/structure-table.ts";
import type { TableReading, TableRequest } from "./source.ts";

export const sampleStructuresTable: string = structuresTable;

/**
 * The blocks of the sample site's published courses and of their CCXs: the rows that a source of course structures
 * gives for the documents of the site, in the same order. One course at a time is made up.
 */
export function openSampleStructures(source: string, site: Site, request: TableRequest): TableReading {
  const warnings: string[] = [];
  const planned = planColumns(source, request, warnings);
  const columns = planned.map(({ column }) => column);
  return {
    schema: { ...describeStructuresTable(source, request.table), columns },
    warnings,
    estimatedRowCount: undefined,
    split: async () => [],
    batches: (signal) => readBatches(site, new StructureBatches(planned), signal),
    alterations: () => [],
  };
}

async function* readBatches(
  site: Site,
  batches: StructureBatches,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  for (const sharing of publishedEntries(site)) {
    signal.throwIfAborted();
    for (const rows of rowsOf(site, sharing)) batches.add(rows);
    const batch = batches.full ? batches.take() : undefined;
    if (batch !== undefined) yield batch;
    // Courses are made up without waiting for anything: let timers and signals have their turn.
    await setImmediate();
  }
  const rest = batches.take();
  if (rest !== undefined) yield rest;
}

/** In the order of their keys, but those with one structure together. */
function publishedEntries(site: Site): readonly (readonly IndexEntry[])[] {
  const groups = new Map<string, IndexEntry[]>();
  const sorted = planCourseIndex(site).toSorted((a, b) => (a.courseId < b.courseId ? -1 : 1));
  for (const entry of sorted) {
    const { published } = entry.versions;
    if (published !== undefined) groups.set(published, [...(groups.get(published) ?? []), entry]);
  }
  return [...groups.values()];
}

function* rowsOf(site: Site, sharing: readonly IndexEntry[]): Generator<readonly CourseStructureRow[]> {
  const [first] = sharing;
  if (first === undefined) return;
  const { structures, definitions } = planContent(site, first);
  const structure = structures.find(({ _id }) => _id === first.versions.published);
  if (structure === undefined) return;
  const expanded = expandStructure(structure);
  const inputCounts = countAll(definitions, new Set(expanded.definitionIds));
  for (const { courseId } of sharing) {
    const course = keyOf("course", courseId);
    yield courseRows(expanded, inputCounts, { course });
    for (const { key, title, master } of site.courses) {
      if (master?.key !== courseId) continue;
      yield courseRows(expanded, inputCounts, {
        course,
        ccx: { key: keyOf("ccx-course", key), displayName: title },
      });
    }
  }
}

function countAll(
  definitions: SampleContent["definitions"],
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { _id, fields } of definitions) {
    const { data } = fields;
    if (wanted.has(_id) && typeof data === "string") counts.set(_id, countInputs(data).inputCount);
  }
  return counts;
}

function keyOf(kind: "course", text: string): CourseKey;
function keyOf(kind: "ccx-course", text: string): CcxCourseKey;
function keyOf(kind: OpaqueKey["kind"], text: string): OpaqueKey {
  const key = parseKey(text);
  if (key?.kind !== kind) throw new TypeError(`${text} is no ${kind} key`);
  return key;
}
