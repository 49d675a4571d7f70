import { type Course, passingShare, spellBlockKey } from "../course.ts";
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
  for (const course of site.courses) {
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

interface IndexEntry {
  readonly objectId: string;
  readonly courseId: string;
  readonly org: string;
  readonly versions: readonly [draft: string, published: string, library: string];
  readonly slug: string;
  readonly edited: number;
}

const indexTag = tag("split_modulestore_django_splitmodulestorecourseindex");

/** The courses that Studio knows, one that was never published, and a library. */
function* indexEntries(site: Site): Generator<IndexEntry> {
  const random = new Random(0, 0);
  for (const { index, kind, key, org, code, run, start } of site.courses) {
    if (kind === "course") {
      random.reseed(site.seed, indexTag, index);
      const edited = Math.min(start, site.asOf - day) - random.below(20) * day;
      const versions = [random.hex(24), random.hex(24), ""] as const;
      const slug = `${org}.${code}.${run}`;
      yield { objectId: random.hex(24), courseId: key, org, versions, slug, edited };
    }
  }
  random.reseed(site.seed, indexTag, -1);
  const common = { org: "DemoX", edited: site.opened + day };
  yield {
    ...common,
    objectId: random.hex(24),
    courseId: "course-v1:DemoX+Draft+never_published",
    versions: [random.hex(24), "", ""],
    slug: "DemoX.Draft.never_published",
  };
  yield {
    ...common,
    objectId: random.hex(24),
    courseId: "library-v1:DemoX+ProblemBank",
    versions: ["", "", random.hex(24)],
    slug: "",
  };
}

export function* courseIndexRows(site: Site, row: RowBuilder): Generator<void> {
  let id = 1;
  for (const entry of indexEntries(site)) {
    yield void putIndex(row, id, entry, entry.versions).number(id % 9 === 4 ? null : 1);
    id++;
  }
}

function putIndex(row: RowBuilder, id: number, entry: IndexEntry, versions: readonly string[]): RowBuilder {
  row.number(id).text(entry.objectId).text(entry.courseId).text(entry.org);
  for (const version of versions) {
    row.text(version);
  }
  return row.text(entry.slug).text("mongodb").moment(entry.edited).moment(entry.edited);
}

/** Every save of every course, and the deletion of one. */
export function* courseIndexHistoryRows(site: Site, row: RowBuilder): Generator<void> {
  const random = new Random(0, 0);
  let id = 1;
  let historyId = 1;
  for (const entry of indexEntries(site)) {
    random.reseed(site.seed, indexTag, id, 1);
    const saves = 2 + random.below(4);
    for (let n = 1; n <= saves; n++) {
      const moment = entry.edited - (saves - n) * day;
      const versions = n === saves ? entry.versions : [random.hex(24), n === 1 ? "" : random.hex(24), ""];
      putIndex(row, id, { ...entry, edited: moment }, versions);
      row
        .number(historyId++)
        .moment(moment)
        .text(n === 2 ? 'Fixed a "typo"' : null);
      yield void row
        .text(n === 1 ? "+" : "~")
        .number(1)
        .number(random.chance(0.9) ? 1 : null);
    }
    id++;
  }
  const moment = site.opened + day;
  const gone = { objectId: random.hex(24), courseId: "course-v1:DemoX+Gone+2019", org: "DemoX" };
  const versions = [random.hex(24), random.hex(24), ""] as const;
  putIndex(row, id, { ...gone, versions, slug: "DemoX.Gone.2019", edited: moment }, versions);
  yield void row.number(historyId).moment(moment).text(null).text("-").number(1).number(1);
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
