import { createHash } from "node:crypto";
import { BSON, type Db, type Document } from "mongodb";

const chapters = 10;
const sequentialsInChapter = 4;
const verticalsInSequential = 4;
const verticals = chapters * sequentialsInChapter * verticalsInSequential;
const leafTypes = ["html", "html", "html", "video", "problem", "problem", "problem"] as const;

export interface ModulestorePlan {
  readonly courses: number;
  /** Of each course, its root and containers among them. */
  readonly blocks: number;
}

/**
 * Courses as Studio writes them, each with definitions of its own: a third of the problems have a weight, another
 * third their whole source as markdown.
 */
export async function fillModulestore(
  db: Db,
  { courses, blocks }: ModulestorePlan,
  tell: (notice: string) => void,
): Promise<void> {
  for (let course = 0; course < courses; course++) {
    const { structure, definitions } = planCourse(course, 0, blocks);
    await db.collection("modulestore.structures").insertOne(structure);
    for (let from = 0; from < definitions.length; from += 1_000) {
      await db.collection("modulestore.definitions").insertMany(definitions.slice(from, from + 1_000));
    }
    await db.collection("modulestore.active_versions").insertOne({
      org: "BenchX",
      course: `C${course}`,
      run: "2026",
      versions: {
        "draft-branch": structure["_id"] as unknown,
        "published-branch": structure["_id"] as unknown,
      },
    });
    if (course % 50 === 49) tell(`${course + 1} courses are in`);
  }
}

/** Gives the first `count` courses a new version each. */
export async function republish(db: Db, count: number, blocks: number): Promise<void> {
  for (let course = 0; course < count; course++) {
    const { structure } = planCourse(course, 1, blocks);
    await db.collection("modulestore.structures").insertOne(structure);
    await db
      .collection("modulestore.active_versions")
      .updateOne(
        { course: `C${course}` },
        { $set: { versions: { "published-branch": structure["_id"] as unknown } } },
      );
  }
}

function planCourse(
  course: number,
  version: number,
  blockCount: number,
): { readonly structure: Document; readonly definitions: Document[] } {
  const definitions: Document[] = [];
  const blocks: Document[] = [];
  const add = (type: string, name: string, fields: Document): [string, string] => {
    const blockId =
      type === "course" ? "course" : createHash("md5").update(`${course} ${name}`).digest("hex");
    const definition = objectId(`definition ${course} ${name}`);
    blocks.push({
      block_type: type,
      block_id: blockId,
      definition,
      defaults: {},
      asides: {},
      fields: { display_name: `${name}, version ${version}`, ...fields },
      edit_info: {
        previous_version: null,
        update_version: objectId(`update ${course}`),
        source_version: objectId(`source ${course}`),
        edited_on: new Date(Date.UTC(2026, 0, 1 + version)),
        edited_by: 5,
        original_usage: null,
        original_usage_version: null,
      },
    });
    if (type === "problem" && !("weight" in fields)) {
      definitions.push({
        _id: definition,
        block_type: type,
        fields: { data: problemXml(name) },
        schema_version: 1,
      });
    }
    return [type, blockId];
  };
  const leafCount = blockCount - 1 - chapters - chapters * sequentialsInChapter - verticals;
  let vertical = 0;
  const children = Array.from({ length: chapters }, (_, chapter) => {
    const sequentials = Array.from({ length: sequentialsInChapter }, (_unused, sequential) => {
      const units = Array.from({ length: verticalsInSequential }, () => {
        const first = Math.floor((vertical * leafCount) / verticals);
        const next = Math.floor((++vertical * leafCount) / verticals);
        const leaves = Array.from({ length: next - first }, (_leaf, i) => addLeaf(add, first + i));
        return add("vertical", `Unit ${vertical}`, { children: leaves });
      });
      const name = `Lesson ${chapter}.${sequential}`;
      return add("sequential", name, { graded: sequential === 3, format: "Homework", children: units });
    });
    return add("chapter", `Week ${chapter}`, { children: sequentials });
  });
  add("course", `Course ${course}`, { children, start: new Date(Date.UTC(2026, 0, 1)) });
  const structure = {
    _id: objectId(`structure ${course} ${version}`),
    root: ["course", "course"],
    previous_version: null,
    edited_by: 5,
    schema_version: 1,
    blocks,
  };
  return { structure, definitions };
}

function addLeaf(
  add: (type: string, name: string, fields: Document) => [string, string],
  index: number,
): [string, string] {
  const type = leafTypes[index % leafTypes.length] ?? "html";
  const name = `${type} ${index}`;
  if (type === "video")
    return add(type, name, { youtube_id_1_0: "3_yD_cEKoCk", start_time: 0, transcripts: {} });
  if (type === "html") return add(type, name, {});
  if (index % 3 === 0) return add(type, name, { weight: 2, max_attempts: 3 });
  return add(type, name, index % 3 === 1 ? { max_attempts: 3, markdown: problemXml(name).repeat(3) } : {});
}

function problemXml(name: string): string {
  const choices = [1, 2, 3, 4].map((i) => `<choice correct="${i === 1}">Choice ${i} of ${name}</choice>`);
  return `<problem><p>${name}</p><choiceresponse><checkboxgroup>${choices.join("")}</checkboxgroup></choiceresponse></problem>`;
}

function objectId(text: string): BSON.ObjectId {
  return BSON.ObjectId.createFromHexString(createHash("md5").update(text).digest("hex").slice(0, 24));
}
