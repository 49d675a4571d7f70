import { PanoramaError } from "../../errors.ts";
import { courseRows } from "../../openedx/structures/course-rows.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import type { TableFindings, TableReading, TableRequest } from "../source.ts";
import type { PublishedCourse, PublishedCourses } from "./published-courses.ts";
import type { Modulestore } from "./structure-documents.ts";
import type { RememberedStructure, StructureMemory } from "./structure-memory.ts";
import { type OddityCounts, readStructures } from "./structure-reader.ts";
import { describeStructuresTable, planColumns, StructureBatches } from "./structure-table.ts";

/** The table at the moment of which the courses' versions are. */
export function openStructuresReading(
  modulestore: Modulestore,
  published: PublishedCourses,
  memory: StructureMemory | undefined,
  request: TableRequest,
): TableReading {
  const { source } = modulestore;
  const described = describeStructuresTable(source, request.table);
  const warnings: string[] = [];
  const planned = planColumns(source, request, warnings);
  let oddities: OddityCounts = new Map();
  let shortfalls: string[] = [];
  return {
    schema: { ...described, columns: planned.map(({ column }) => column) },
    warnings,
    estimatedRowCount: undefined,
    split: async () => [],
    batches: (signal) => {
      oddities = new Map();
      shortfalls = [...published.unreadable];
      const batches = new StructureBatches(planned);
      return readBatches(modulestore, published, memory, { batches, oddities, shortfalls }, signal);
    },
    alterations: () => [],
    findings: () => spellFindings(oddities, shortfalls),
  };
}

/** What one reading of the table fills. */
interface Filling {
  readonly batches: StructureBatches;
  readonly oddities: OddityCounts;
  readonly shortfalls: string[];
}

async function* readBatches(
  modulestore: Modulestore,
  published: PublishedCourses,
  memory: StructureMemory | undefined,
  { batches, oddities, shortfalls }: Filling,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  const before = (await memory?.lastVersions()) ?? new Map<string, string>();
  const after = new Map<string, string>();
  const sharing = groupByStructure(published.courses);
  const ids = [...sharing.keys()];
  let index = 0;
  let rowCount = 0;
  for await (const read of readStructures(modulestore, ids, memory, oddities, signal)) {
    for (const course of sharing.get(ids[index++] ?? "") ?? []) {
      const { text } = course.course;
      const last = "failure" in read ? before.get(text) : undefined;
      const used = "failure" in read ? last && (await memory?.load(last)) : read;
      if ("failure" in read) shortfalls.push(spellShortfall(text, read.failure, used !== undefined));
      if (!used) continue;
      after.set(text, used.expanded.structureId);
      for (const rows of rowsOf(course, used)) {
        batches.add(rows);
        rowCount += rows.length;
        const batch = batches.full ? batches.take() : undefined;
        if (batch !== undefined) yield batch;
      }
    }
  }
  if (rowCount === 0) throw nothingRead(modulestore.source, shortfalls);
  const rest = batches.take();
  if (rest !== undefined) yield rest;
  await memory?.keepOnly(after);
}

/** Of several courses with one structure, as after a re-run, the structure is read once. */
function groupByStructure(
  courses: readonly PublishedCourse[],
): ReadonlyMap<string, readonly PublishedCourse[]> {
  const groups = new Map<string, PublishedCourse[]>();
  for (const course of courses) {
    const group = groups.get(course.structureId);
    if (group === undefined) groups.set(course.structureId, [course]);
    else group.push(course);
  }
  return groups;
}

/** The course's own rows, then those of each CCX of it. */
function* rowsOf(
  { course, ccxs }: PublishedCourse,
  { expanded, inputCounts }: RememberedStructure,
): Generator<ReturnType<typeof courseRows>> {
  for (const ccx of [undefined, ...ccxs]) yield courseRows(expanded, inputCounts, { course, ccx });
}

function spellShortfall(course: string, failure: string, hasRows: boolean): string {
  const rows = hasRows ? "it keeps its last rows" : "it has no rows, for it was never read before";
  return `course ${course}: ${failure}; ${rows}`;
}

function nothingRead(source: string, shortfalls: readonly string[]): PanoramaError {
  const [first = "no course has rows"] = shortfalls;
  const others = shortfalls.length > 1 ? `, and ${shortfalls.length - 1} more like it` : "";
  return new PanoramaError("SOURCE_EMPTY", `Not one course could be read: ${first}${others}`, { source });
}

/** How the counts of what is odd are told. */
const oddityNames: Readonly<Record<string, string>> = {
  danglingChildren: "children that are not there",
  cycles: "blocks that are their own ancestors",
  unreadableBlocks: "blocks without type or id, left out",
  repeatedBlocks: "blocks with the key of another one",
  unreadableDates: "dates that are none",
  missingDefinitions: "problems without weight and definition",
  missingRoots: "structures without their root",
  absentDefinitions: "definitions of problems that are not there",
  malformedProblems: "problems whose XML has errors",
};

function spellFindings(oddities: OddityCounts, shortfalls: readonly string[]): TableFindings {
  const told = [...oddities].map(([name, count]) => `${count} ${oddityNames[name] ?? name}`);
  return {
    notices: told.length === 0 ? [] : [`in the structures read by this run: ${told.join(", ")}`],
    shortfalls,
  };
}
