import { describe, expect, test } from "vitest";
import { planCourseIndex } from "../../src/openedx/sample/course-index.ts";
import { planContent } from "../../src/openedx/sample/modulestore/course-content.ts";
import { planSite, type SampleOptions } from "../../src/openedx/sample/site.ts";
import type { SampleRow } from "./sample-rows.ts";
import { rowsOf } from "./sample-rows.ts";
import { readSampleStructures } from "./sample-structures.ts";

const options: SampleOptions = { scale: 1, seed: 1 };
const site = planSite(options);
const structures = await readSampleStructures(options);
const blocks = new Map(structures.map((row) => [row["module_location"], row]));
const modules = rowsOf(site, "courseware_studentmodule");

/** Rows of courses that the modulestore has: not from before `course-v1:`, nor of a library's preview. */
function isOfModulestore(key: unknown): boolean {
  return /^(ccx-)?block-v1:/.test(String(key));
}

/** A course's own row goes by the course's key. */
function locationOf(blockKey: unknown): string {
  const key = String(blockKey);
  const course = /^(ccx-)?block-v1:(.+)\+type@course\+block@course$/.exec(key);
  return course === null ? key : `${course[1] === undefined ? "course" : "ccx"}-v1:${course[2] ?? ""}`;
}

function sameCourse(a: unknown, b: unknown): boolean {
  return String(a).trim().toLowerCase() === String(b).trim().toLowerCase();
}

/** Rows whose block is in no structure, or in that of another course. */
function strangers(rows: readonly SampleRow[], block: string, course: string): readonly SampleRow[] {
  return rows.filter((row) => {
    const found = blocks.get(locationOf(row[block]));
    return isOfModulestore(row[block]) && !sameCourse(found?.["course_id"], row[course]);
  });
}

describe("the sample site's structures agree with its tables", () => {
  test("every block that a learner was at is in the structure of its course", () => {
    const completions = rowsOf(site, "completion_blockcompletion");
    const subsections = rowsOf(site, "grades_persistentsubsectiongrade");

    expect(modules.filter((row) => isOfModulestore(row["module_id"])).length).toBeGreaterThan(20_000);
    expect(strangers(modules, "module_id", "course_id")).toEqual([]);
    expect(strangers(completions, "block_key", "course_key")).toEqual([]);
    expect(strangers(subsections, "usage_key", "course_id")).toEqual([]);
    for (const row of modules) {
      const found = blocks.get(locationOf(row["module_id"]));
      if (found !== undefined) expect(found["block_type"]).toBe(row["module_type"]);
    }
  });

  test("problems are worth what their answers were given", () => {
    const wrong = modules.filter(({ module_type, module_id, max_grade }) => {
      const weight = blocks.get(String(module_id))?.["weight"];
      return module_type === "problem" && max_grade !== null && (weight ?? max_grade) !== max_grade;
    });

    expect(wrong).toEqual([]);
    expect(structures.filter((row) => row["weight"] === 0).length).toBeGreaterThan(5);
  });

  test("what pools gave to learners is in the pools, and learners were at nothing else of them", () => {
    const pooled = new Map<string, Set<unknown>>();
    const pools = modules.filter(
      (row) => /^(library_content|itembank)$/.test(String(row["module_type"])) && row["state"] !== null,
    );
    for (const { module_id, student_id, state } of pools) {
      const { selected } = JSON.parse(String(state)) as { readonly selected: readonly [string, string][] };
      const pool = blocks.get(String(module_id));
      if (pool !== undefined) expect(selected).toHaveLength(Number(pool["max_count"]));
      for (const [type, id] of pool === undefined ? [] : selected) {
        const key = String(module_id).replace(/\+type@.*/, `+type@${type}+block@${id}`);
        expect(blocks.get(key)?.["parent"]).toBe(module_id);
        pooled.set(key, (pooled.get(key) ?? new Set()).add(student_id));
      }
    }
    const answered = modules.filter(
      ({ module_id, student_id }) =>
        blocks.get(String(module_id))?.["library"] != null && Number(student_id) <= site.learnerCount,
    );
    expect(answered.length).toBeGreaterThan(500);
    expect(
      answered.filter((row) => !(pooled.get(String(row["module_id"]))?.has(row["student_id"]) ?? false)),
    ).toEqual([]);
  });

  test("the index names the structures that were published, and when; so do grades", () => {
    const index = rowsOf(site, "split_modulestore_django_splitmodulestorecourseindex");
    const published = new Map<unknown, unknown>();
    for (const entry of planCourseIndex(site)) {
      const { structures: documents } = planContent(site, entry);
      const { draft_version, published_version, library_version } =
        index.find((row) => row["course_id"] === entry.courseId) ?? {};
      const named = [published_version, draft_version, library_version].filter((id) => id !== "");
      expect(documents.map(({ _id }) => _id)).toEqual(named);
      if (published_version !== "") published.set(entry.courseId, published_version);
    }

    const own = structures.filter((row) => row["ccx_id"] === null);
    expect(new Set(own.map((row) => row["course_id"]))).toEqual(new Set(published.keys()));
    for (const { course_id, published_at } of own) {
      const seconds = Number.parseInt(String(published.get(course_id)).slice(0, 8), 16);
      expect(Number(published_at)).toBe(seconds * 1e6);
      expect(seconds * 1e6).toBeLessThan(site.asOf);
    }
    const versions = new Set([...published.values(), ""]);
    for (const row of rowsOf(site, "grades_persistentcoursegrade")) {
      expect(versions).toContain(row["course_version"]);
    }
  });

  test("courses have one name and one start in both", () => {
    const overviews = rowsOf(site, "course_overviews_courseoverview");

    expect(overviews.length).toBeGreaterThan(10);
    for (const { id, display_name, start } of overviews) {
      const course = blocks.get(String(id));
      expect(course?.["display_name"]).toBe(display_name);
      // Of the start of a CCX the structure knows nothing, nor of one that nobody set.
      const hasStart = course?.["ccx_id"] === null && course["start"] !== null;
      if (hasStart) expect(Number(course["start"])).toBe(Number(start));
    }
  });
});

describe("the sample site's structures are as odd as real ones", () => {
  const rows = structures.filter((row) => row["ccx_id"] === null);

  test("a re-run shares the structure of the course that it was made of, and a CCX is its master's", () => {
    const [first] = site.courses;
    const rerun = rows.filter((row) => String(row["course_edition"]).endsWith("_rerun"));
    const original = rows.filter((row) => row["course_id"] === first?.key);
    const ccx = structures.filter((row) => row["ccx_id"] !== null);

    expect(rerun.map((row) => row["block_id"])).toEqual(original.map((row) => row["block_id"]));
    expect(new Set(ccx.map((row) => row["master_course_id"]))).toEqual(new Set([site.courses[1]?.key]));
    expect(ccx[0]).toMatchObject({ course_id: site.courses[9]?.key, display_name: site.courses[9]?.title });
  });

  test("problems out of libraries have their settings from there", () => {
    const fromLibrary = rows.filter((row) => String(row["block_id"]).length === 20);
    const fromBank = rows.filter((row) => row["source_library"] === "lib:DemoX:pool2");

    expect(fromLibrary.length).toBeGreaterThan(10);
    expect(new Set(fromLibrary.map((row) => row["source_library"]))).toEqual(
      new Set(["library-v1:DemoX+ProblemBank"]),
    );
    expect(fromLibrary.filter((row) => row["weight"] === null)).toEqual([]);
    expect(fromLibrary.some((row) => String(row["display_name"]).startsWith("Question "))).toBe(true);
    expect(fromBank.length).toBeGreaterThan(3);
  });

  test("there are orphans, pages beside the course, hidden sections, and pages with two parents", () => {
    for (const course of new Set(rows.map((row) => row["course_id"]))) {
      const own = rows.filter((row) => row["course_id"] === course);
      expect(own.filter((row) => row["orphan"] === 1)).toHaveLength(2);
      expect(own.filter((row) => row["detached"] === 1).map((row) => row["block_type"])).toEqual([
        "about",
        "static_tab",
        "course_info",
      ]);
      expect(own.filter((row) => row["visible_to_staff_only"] === 1)).toHaveLength(5);
      expect(
        own.filter((row) => (JSON.parse(String(row["parents"])) as unknown[]).length === 2),
      ).toHaveLength(1);
      expect(own.filter((row) => row["format"] === "Final Exam").length).toBeGreaterThan(3);
    }
  });

  test("names hold quotes, line breaks and emoji, or are missing", () => {
    const names = rows.map((row) => String(row["display_name"]));

    for (const part of ['"', "\n", "\\", "👋", "بالعالم"]) {
      expect(
        names.some((name) => name.includes(part)),
        part,
      ).toBe(true);
    }
    expect(
      rows.some((row) => row["display_name"] === row["block_id"] && String(row["block_id"]).length === 32),
    ).toBe(true);
  });
});

describe("the sample site's documents are the same wherever they are made", () => {
  const documents = (seed: number): string => {
    const own = planSite({ ...options, seed });
    return JSON.stringify(planCourseIndex(own).map((entry) => planContent(own, entry)));
  };

  test("the same seed gives the same documents, whatever was made before; another gives others", () => {
    const entries = planCourseIndex(site);
    const backwards = entries.toReversed().map((entry) => planContent(planSite(options), entry));

    expect(JSON.stringify(backwards.toReversed())).toBe(documents(1));
    expect(documents(2)).not.toBe(documents(1));
  });

  test("structures know all their definitions, and no two documents share an id", () => {
    const ids = new Set<string>();
    let count = 0;
    for (const entry of planCourseIndex(site).filter(({ courseId }) => !courseId.endsWith("_rerun"))) {
      const { structures: written, definitions } = planContent(site, entry);
      const known = new Set(definitions.map(({ _id }) => _id));
      for (const { _id, blocks: stored } of written) {
        expect(stored.filter(({ definition }) => !known.has(definition))).toEqual([]);
        ids.add(_id);
        count++;
      }
      for (const { _id } of definitions) {
        ids.add(_id);
        count++;
      }
    }
    expect(ids.size).toBe(count);
    expect([...ids].filter((id) => !/^[0-9a-f]{24}$/.test(id))).toEqual([]);
  });
});
