import type { Course } from "../course.ts";
import { blockTypes } from "../outline.ts";
import { mix, tag } from "../random.ts";
import { weirdTexts } from "../weird-text.ts";

const topics: readonly string[] = [
  "Welcome 👋",
  "The basics",
  'What is "normal"?',
  "Práctica y teoría",
  "People, places & things",
  "Looking back",
  "A longer walk",
  "أسئلة وأجوبة",
];

const leafNames: Readonly<Record<string, string>> = {
  html: "Reading",
  video: "Lecture",
  problem: "Question",
  openassessment: "Essay",
  library_content: "Random questions",
  itembank: "Problem bank",
  "drag-and-drop-v2": "Diagram",
  poll: "Poll",
  lti_consumer: "Outside tool",
};

const nameTag = tag("display_name");

/** What the author called a block: mostly its place in the course, now and then something odd, or nothing. */
export function nameOf(course: Course, block: number): string | undefined {
  const { types, positions } = course.outline;
  const type = blockTypes[types[block] as number] as string;
  const place = placeOf(course, block);
  switch (type) {
    case "course":
      return course.title;
    case "chapter":
      return `Week ${place}: ${topics[(course.index + (positions[block] as number)) % topics.length] as string}`;
    case "sequential":
      return isGraded(course, block) ? assignmentOf(course, block) : `Lesson ${place}`;
    case "vertical":
      return `Unit ${place}`;
    default: {
      const luck = mix(course.outline.seed, nameTag, block) % 100;
      if (luck < 2) {
        return undefined;
      }
      return luck < 6 ? weirdTexts[block % weirdTexts.length] : `${leafNames[type] ?? type} ${place}`;
    }
  }
}

/** Whether the points of a sequential count: the last one of each chapter does. */
export function isGraded({ outline }: Course, sequential: number): boolean {
  const chapter = outline.parents[sequential] as number;
  const next = outline.sequentials.findIndex((each, block) => block > sequential && each === block);
  return next < 0 || outline.parents[next] !== chapter;
}

/** The last homework of a course is its exam. */
export function isExam({ outline }: Course, sequential: number): boolean {
  return !outline.sequentials.some((each, block) => block > sequential && each === block);
}

function assignmentOf(course: Course, sequential: number): string {
  const chapter = course.outline.parents[sequential] as number;
  return isExam(course, sequential) ? "Final exam 🎓" : `Homework ${placeOf(course, chapter)}`;
}

/** `2.1.3`: the third unit of the first lesson of the second week. */
function placeOf({ outline }: Course, block: number): string {
  const places: number[] = [];
  for (let at = block; at > 0; at = outline.parents[at] as number) {
    places.unshift(outline.positions[at] as number);
  }
  return places.join(".");
}
