import { blockId, type Course, passingShare } from "../course.ts";
import { libraryKey } from "../course-index.ts";
import { blockTypes, shownOfPool } from "../outline.ts";
import { day, minute, unsetStart } from "../sample-time.ts";
import type { DraftedBlock } from "./content-draft.ts";
import { isExam, isGraded, nameOf } from "./block-names.ts";
import type { Fields } from "./modulestore-documents.ts";
import { problemXml } from "./problem-xml.ts";

const libraryProblems = 8;
const week = 7 * day;

/** The ids of the library's problems. */
export const libraryProblemIds: readonly string[] = Array.from(
  { length: libraryProblems },
  (_, n) => `q${String(n + 1)}`,
);

/** The block of the outline as its author left it, without its children. `libraryVersion` is that of the library. */
export function draftBlock(course: Course, block: number, libraryVersion: string): DraftedBlock {
  const { outline } = course;
  const type = blockTypes[outline.types[block] as number] as string;
  const name = nameOf(course, block);
  const fields = {
    ...(name === undefined ? {} : { display_name: name }),
    ...settingsOf(course, block, type),
  };
  const drafted = { type, id: blockId(outline, block) };
  const content = contentOf(course, block, type, name ?? "");
  if (parentType(course, block) === "library_content") {
    const source = libraryProblemIds[block % libraryProblems] as string;
    const originalUsage = `${libraryKey.replace("library-v1:", "lib-block-v1:")}+type@problem+block@${source}`;
    const own: Fields = block % 5 === 0 ? { max_attempts: 1 } : {};
    return { ...drafted, fields: own, defaults: fields, content, originalUsage };
  }
  if (type === "library_content") {
    const source = { source_library_id: libraryKey, source_library_version: libraryVersion };
    return { ...drafted, fields: { ...fields, ...source }, content };
  }
  return { ...drafted, fields, content };
}

function settingsOf(course: Course, block: number, type: string): Fields {
  const { types, positions, weights } = course.outline;
  switch (type) {
    case "course":
      return courseSettings(course);
    case "chapter": {
      const begins = date(course.start + ((positions[block] as number) - 1) * week);
      return course.end === undefined ? {} : { start: begins, highlights: ['What "highlights" are'] };
    }
    case "sequential":
      return isGraded(course, block) ? assignmentSettings(course, block) : {};
    case "video":
      return {
        youtube_id_1_0: "3_yD_cEKoCk",
        edx_video_id: blockId(course.outline, block).slice(0, 8),
        transcripts: { es: "x-es.srt" },
        start_time: 0,
        end_time: 0,
      };
    case "problem":
      return problemSettings(course, block);
    case "drag-and-drop-v2":
      return { weight: weights[block] };
    case "library_content":
      return { max_count: shownOfPool(types[block] as number), capa_type: "any" };
    case "itembank":
      return { max_count: shownOfPool(types[block] as number) };
    case "lti_consumer":
      return { lti_id: "tool", launch_url: "https://tool.example.com/launch?a=1&b=2" };
    default:
      return {};
  }
}

function courseSettings(course: Course): Fields {
  const { index, start, end, selfPaced } = course;
  // Of courses that were imported, dates may be text.
  const spelled = index % 8 === 5 ? date(start).toISOString().replace(".000", "") : date(start);
  return {
    ...(start === unsetStart ? {} : { start: spelled }),
    ...(end === undefined ? {} : { end: date(end) }),
    self_paced: selfPaced,
    language: index % 2 === 0 ? "en" : "es",
    advanced_modules: ["poll", "drag-and-drop-v2", "lti_consumer"],
    tabs: [{ type: "courseware", name: "Course", course_staff_only: false }],
    cert_html_view_enabled: true,
  };
}

function assignmentSettings(course: Course, sequential: number): Fields {
  const { parents, positions } = course.outline;
  const chapter = positions[parents[sequential] as number] as number;
  const due = date(course.start + chapter * week - minute);
  return {
    graded: true,
    format: isExam(course, sequential) ? "Final Exam" : "Homework",
    ...(course.end === undefined ? {} : { due }),
  };
}

/** A weight is given only where it is another number than that of the inputs. */
function problemSettings(course: Course, block: number): Fields {
  const weight = course.outline.weights[block] as number;
  const pool = parentType(course, block);
  // What came out of a library comes without its source.
  const hasMarkdown = block % 4 === 0 && pool !== "library_content";
  return {
    ...(weight === course.outline.inputs[block] ? {} : { weight }),
    ...(block % 3 === 0 ? { max_attempts: 3, showanswer: "finished" } : {}),
    ...(hasMarkdown ? { markdown: ">>Which of these?<<\n\n(x) the first\n( ) the second\n" } : {}),
    ...(pool === "itembank" ? bankSettings(course, block) : {}),
  };
}

/** The type of the block that a block is in. */
function parentType({ outline }: Course, block: number): string | undefined {
  return blockTypes[outline.types[outline.parents[block] as number] as number];
}

/** Of a problem out of a library of the second kind. */
function bankSettings({ outline }: Course, block: number): Fields {
  return {
    upstream: `lb:DemoX:pool2:problem:${blockId(outline, block)}`,
    upstream_version: 1 + (block % 4),
    upstream_display_name: 'Out of "pool 2"',
    downstream_customized: [],
  };
}

function contentOf(course: Course, block: number, type: string, name: string): Fields | undefined {
  switch (type) {
    case "course":
      return {
        grading_policy: gradingPolicy(course),
        wiki_slug: `${course.org}.${course.code}.${course.run}`,
      };
    case "html":
      return { data: `<h2>Reading</h2>\n<p>One hour a day, "every" day. C:\\temp</p>` };
    case "problem":
      return { data: problemXml(name, course.outline.inputs[block] as number, block % 7 === 0) };
    default:
      return undefined;
  }
}

function gradingPolicy(course: Course): Fields {
  const passing = passingShare(course);
  const homeworks = course.outline.types.filter((type) => blockTypes[type] === "chapter").length - 1;
  return {
    GRADER: [
      { type: "Homework", short_label: "HW", min_count: homeworks, drop_count: 2, weight: 0.6 },
      { type: "Final Exam", short_label: "Final", min_count: 1, drop_count: 0, weight: 0.4 },
    ],
    GRADE_CUTOFFS: course.index % 4 === 1 ? { A: 0.9, B: 0.75, C: passing } : { Pass: passing },
  };
}

function date(moment: number): Date {
  return new Date(moment / 1000);
}
