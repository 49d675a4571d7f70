import { type Course, passingShare, spellBlockKey } from "../course.ts";
import { type IndexEntry, planCourseIndex, planRerun, spellObjectId } from "../course-index.ts";
import { Random, tag } from "../random.ts";
import type { RowBuilder } from "../row-builder.ts";
import { day, spellDate, unsetStart } from "../sample-time.ts";
import type { Site } from "../site.ts";
import { weirdTexts } from "../weird-text.ts";

const overviewTag = tag("course_overviews_courseoverview");
const languages: readonly (string | null)[] = ["en", "es", "en", "pt", null, "ar"];
const visibilities: readonly string[] = ["both", "both", "about", "none"];

/** Every course but those from before `course-v1:`, of which only the learners' rows are left. */
export function* courseOverviewRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  for (const course of [...site.courses, planRerun(site)]) {
    if (course.kind !== "legacy") {
      yield putOverview(site, row, course, random.reseed(site.seed, overviewTag, course.index));
    }
  }
}

function putOverview(site: Site, row: RowBuilder, course: Course, random: Random): void {
  const { index, start, title } = course;
  const end = course.end ?? null;
  const created = Math.min(start, site.asOf) - 60 * day + random.below(1_000_000);
  const image = `/asset-v1:${course.org}+${course.code}+${course.run}+type@asset+block@images_course_image.jpg`;
  const entranceExam = index % 10 === 4;
  row
    .moment(created)
    .moment(Math.min(site.asOf, created + random.below(300) * day))
    .number(19);
  row.text(course.key).text(spellBlockKey(course, 0)).text(course.org);
  row.text(title).text(course.code).text(course.org);
  row.moment(start).moment(end).moment(start).moment(end);
  row.text(index % 5 === 3 ? `Spring ${spellDate(start / day).slice(0, 4)}` : null);
  row
    .moment(index % 4 === 1 ? created : null)
    .text(image)
    .text(image)
    .text(null);
  row.text(index % 6 === 5 ? 'https://survey.example.com/?course="a"&b=1' : null);
  row
    .text(index % 2 === 0 ? "early_no_info" : "end")
    .flag(false)
    .flag(true)
    .flag(index % 5 !== 2);
  row.text("").text(index % 7 === 2 ? "Certificate of Achievement" : "");
  row.moment(index % 8 === 3 ? end : null);
  row.number(index % 9 === 8 ? null : Math.round(passingShare(course) * 100));
  row
    .number(index % 6 === 1 ? 2.5 : null)
    .flag(index % 3 !== 0)
    .flag(start === unsetStart);
  row.text(index % 10 === 6 ? `["${(site.courses[0] as Course).key}"]` : "[]");
  row
    .moment(index % 4 === 0 ? created : null)
    .moment(index % 4 === 0 ? end : null)
    .text(index % 11 === 10 ? "" : null);
  row
    .flag(index % 12 === 5)
    .number(index % 8 === 6 ? 500 : null)
    .text(random.pick(visibilities));
  row
    .text(weirdTexts[index] ?? `All about ${title}`)
    .text(index % 3 === 1 ? "https://www.youtube.com/embed/3_yD" : null);
  row.text(index % 2 === 0 ? `${String(2 + random.below(8))} hours/week` : null).flag(course.selfPaced);
  row.text(index % 7 === 4 ? "https://school.example.com/c?x=1,2" : null).flag(false);
  row
    .number(index % 4 === 2 ? null : index % 2)
    .flag(index % 9 === 1)
    .text(index % 9 === 1 ? "null" : null);
  row
    .text(null)
    .flag(false)
    .flag(entranceExam)
    .text(entranceExam ? spellBlockKey(course, 1) : "");
  row
    .number(entranceExam ? 0.65 : 0)
    .flag(false)
    .text(index % 13 === 6 ? random.hex(32) : null);
  row.text(random.pick(languages));
}

export function* courseIndexRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const entry of planCourseIndex(site)) {
    yield void putIndex(row, id, entry).number(id % 9 === 4 ? null : 1);
    id++;
  }
}

function putIndex(row: RowBuilder, id: number, entry: IndexEntry): RowBuilder {
  const { draft = "", published = "", library = "" } = entry.versions;
  row.number(id).text(entry.objectId).text(entry.courseId).text(entry.org);
  row.text(draft).text(published).text(library);
  return row.text(entry.slug).text("mongodb").moment(entry.edited).moment(entry.edited);
}

const historyTag = tag("split_modulestore_django_historicalsplitmodulestorecourseindex");

/** Every save of every course, and the deletion of one. */
export function* courseIndexHistoryRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  let id = 1;
  let historyId = 1;
  for (const entry of planCourseIndex(site)) {
    random.reseed(site.seed, historyTag, id);
    const saves = 2 + random.below(4);
    for (let n = 1; n <= saves; n++) {
      const edited = entry.edited - (saves - n) * day;
      const draft = spellObjectId(edited, random);
      const before = n === 1 ? { draft } : { draft, published: spellObjectId(edited, random) };
      putIndex(row, id, { ...entry, edited, versions: n === saves ? entry.versions : before });
      row
        .number(historyId++)
        .moment(edited)
        .text(n === 2 ? 'Fixed a "typo"' : null);
      yield void row
        .text(n === 1 ? "+" : "~")
        .number(1)
        .number(random.chance(0.9) ? 1 : null);
    }
    id++;
  }
  const edited = site.opened + day;
  const versions = { draft: spellObjectId(edited, random), published: spellObjectId(edited, random) };
  const gone = {
    objectId: spellObjectId(edited, random),
    courseId: "course-v1:DemoX+Gone+2019",
    org: "DemoX",
  };
  putIndex(row, id, { ...gone, code: "Gone", run: "2019", versions, slug: "DemoX.Gone.2019", edited });
  yield void row.number(historyId).moment(edited).text(null).text("-").number(1).number(1);
}

const siteTexts: readonly string[] = [
  '{"platform_name": "Demo School \\ud83c\\udf93", "course_org_filter": ["DemoX", "OrgX"], "SECRET": "not-a-real-key"}',
  '{"platform_name": "Acme \\"Corporate\\" Academy", "course_org_filter": "acme-corp"}',
  "{}",
];

export function* siteConfigurationRows(_site: Site, row: RowBuilder): Generator<void> {
  for (const [index, values] of siteTexts.entries()) {
    yield void row
      .number(index + 1)
      .number(index + 1)
      .flag(index < 2)
      .text(values);
  }
}
