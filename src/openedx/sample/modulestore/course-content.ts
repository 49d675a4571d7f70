import { blockId, type Course } from "../course.ts";
import { type IndexEntry, planCourseIndex, spellObjectId, versionsOf } from "../course-index.ts";
import { blockTypes } from "../outline.ts";
import { Random, tag } from "../random.ts";
import type { Site } from "../site.ts";
import { draftBlock, libraryProblemIds } from "./block-settings.ts";
import { ContentDraft } from "./content-draft.ts";
import type {
  BlockReference,
  SampleContent,
  SampleStructure,
  SampleVersions,
} from "./modulestore-documents.ts";
import { problemXml } from "./problem-xml.ts";

const contentTag = tag("modulestore");

/** The document of `active_versions` that says the same as the index in MySQL. */
export function spellVersions({
  objectId,
  org,
  code,
  run,
  slug,
  edited,
  versions,
}: IndexEntry): SampleVersions {
  const { draft, published, library } = versions;
  const edited_on = new Date(edited / 1000);
  return {
    _id: objectId,
    org,
    course: code,
    run,
    edited_by: 1,
    edited_on,
    last_update: edited_on,
    versions: {
      ...(draft === undefined ? {} : { "draft-branch": draft }),
      ...(published === undefined ? {} : { "published-branch": published }),
      ...(library === undefined ? {} : { library }),
    },
    schema_version: 1,
    search_targets: slug === "" ? {} : { wiki_slug: slug },
  };
}

/**
 * The structures that an entry of the index names, and the definitions of their blocks. A re-run names those of the
 * course that it was made of.
 */
export function planContent(site: Site, { course, edited, versions }: IndexEntry): SampleContent {
  const { draft = "", library } = versions;
  if (course !== undefined) {
    return planCourseContent(site, course);
  }
  return library === undefined ? planDraftOnly(site, draft, edited) : planLibrary(site, library, edited);
}

function planCourseContent(site: Site, course: Course): SampleContent {
  const versions = versionsOf(site, course);
  const { edited } = versions;
  const random = new Random(site.seed, contentTag, course.index);
  const draft = new ContentDraft(versions.published, edited, random);
  // Of the course's content library, a modulestore document of its own.
  const libraryVersion = planCourseIndex(site).at(-1)?.versions.library ?? "";
  const children = childrenOf(course);
  for (let block = course.outline.blockCount - 1; block >= 0; block--) {
    const below = block === 0 ? [...(children[0] ?? []), addStaffSection(draft)] : children[block];
    draft.add({
      ...draftBlock(course, block, libraryVersion),
      ...(below === undefined ? {} : { children: below }),
    });
  }
  addLooseBlocks(draft);
  const published = finish(draft, versions.published, edited, random);
  draft.add({ type: "html", id: "not_yet_published", fields: { display_name: "Not yet published" } });
  const unpublished = finish(draft, versions.draft, edited, random);
  return { structures: [published, unpublished], definitions: draft.definitions };
}

function childrenOf({ outline }: Course): readonly (readonly BlockReference[] | undefined)[] {
  const children: BlockReference[][] = [];
  for (let block = 1; block < outline.blockCount; block++) {
    const type = blockTypes[outline.types[block] as number] as string;
    (children[outline.parents[block] as number] ??= []).push([type, blockId(outline, block)]);
  }
  return children;
}

/** What only the course team sees; one page of it lies in two units. */
function addStaffSection(draft: ContentDraft): BlockReference {
  const answers = draft.add({
    type: "html",
    id: "answer_key",
    fields: { display_name: 'Answers, "all" of them' },
    content: { data: "<p>42</p>" },
  });
  const units = ["first_half", "second_half"].map((id) =>
    draft.add({ type: "vertical", id, fields: {}, children: [answers] }),
  );
  const display_name = "For the team only 🔒";
  const lesson = draft.add({ type: "sequential", id: "team", fields: { display_name }, children: units });
  const fields = { display_name, visible_to_staff_only: true };
  return draft.add({ type: "chapter", id: "team", fields, children: [lesson] });
}

/** Blocks without a parent: pages beside the course, and what Studio left behind. */
function addLooseBlocks(draft: ContentDraft): void {
  draft.add({ type: "about", id: "overview", fields: {}, content: { data: "<p>About</p>" } });
  draft.add({ type: "course_info", id: "updates", fields: {}, content: { data: "<ol></ol>" } });
  draft.add({
    type: "static_tab",
    id: "syllabus",
    fields: { display_name: "Syllabus 📄" },
    content: { data: "" },
  });
  const fields = { display_name: "Left\nbehind" };
  const problem = draft.add({ type: "problem", id: "left_behind", fields, content: { data: "<problem/>" } });
  draft.add({
    type: "vertical",
    id: "left_behind",
    fields: { display_name: "Old unit" },
    children: [problem],
  });
}

/** A course that is being made. */
function planDraftOnly(site: Site, structureId: string, edited: number): SampleContent {
  const random = new Random(site.seed, contentTag, -1);
  const draft = new ContentDraft(structureId, edited, random);
  const chapter = draft.add({
    type: "chapter",
    id: "week_1",
    fields: { display_name: "Week 1" },
    children: [],
  });
  draft.add({ type: "course", id: "course", fields: { display_name: "To be written" }, children: [chapter] });
  return { structures: [finish(draft, structureId, edited, random)], definitions: draft.definitions };
}

function planLibrary(site: Site, structureId: string, edited: number): SampleContent {
  const random = new Random(site.seed, contentTag, -2);
  const draft = new ContentDraft(structureId, edited, random);
  const children = libraryProblemIds.map((id, n) => {
    const display_name = `Question ${id}`;
    const content = { data: problemXml(display_name, 1 + (n % 3), false) };
    return draft.add({ type: "problem", id, fields: { display_name }, content });
  });
  draft.add({ type: "library", id: "library", fields: { display_name: "Problem bank" }, children });
  return { structures: [finish(draft, structureId, edited, random)], definitions: draft.definitions };
}

function finish(draft: ContentDraft, _id: string, edited: number, random: Random): SampleStructure {
  const root = draft.blocks.some((block) => block.block_type === "library") ? "library" : "course";
  return {
    _id,
    root: [root, root],
    previous_version: null,
    original_version: spellObjectId(edited, random),
    edited_by: 1,
    edited_on: new Date(edited / 1000),
    schema_version: 1,
    blocks: draft.blocks.toSorted((a, b) => (a.block_id < b.block_id ? -1 : 1)),
  };
}
