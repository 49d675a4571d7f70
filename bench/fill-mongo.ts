import { parseArgs } from "node:util";
import { BSON, type Db, type Document, MongoClient } from "mongodb";
import { planCourseIndex } from "../src/openedx/sample/course-index.ts";
import { planContent, spellVersions } from "../src/openedx/sample/modulestore/course-content.ts";
import { planSite, type SampleOptions } from "../src/openedx/sample/site.ts";

export interface FilledModulestore {
  readonly versions: number;
  readonly structures: number;
  readonly definitions: number;
}

/** What a block holds is its author's: no ids of the modulestore are in it. */
const untouched: ReadonlySet<string> = new Set(["fields", "defaults", "asides"]);
const definitionsAtOnce = 1_000;

/**
 * Empties the modulestore's collections and fills them with the documents of the sample site: those that its tables in
 * MySQL refer to for the same options.
 */
export async function fillMongo(db: Db, options: SampleOptions): Promise<FilledModulestore> {
  const versions = db.collection("modulestore.active_versions");
  const structures = db.collection("modulestore.structures");
  const definitions = db.collection("modulestore.definitions");
  for (const collection of [versions, structures, definitions]) await collection.deleteMany({});

  const site = planSite(options);
  const written = new Set<string>();
  const counts = { versions: 0, structures: 0, definitions: 0 };
  for (const entry of planCourseIndex(site)) {
    await versions.insertOne(spellDocument(spellVersions(entry)));
    counts.versions++;
    const content = planContent(site, entry);
    // A re-run has the documents of the course that it was made of.
    if (content.structures.some(({ _id }) => written.has(_id))) continue;
    for (const structure of content.structures) {
      await structures.insertOne(spellDocument(structure));
      written.add(structure._id);
    }
    counts.structures += content.structures.length;
    const documents = content.definitions.map(spellDocument);
    for (let from = 0; from < documents.length; from += definitionsAtOnce) {
      await definitions.insertMany(documents.slice(from, from + definitionsAtOnce));
    }
    counts.definitions += documents.length;
  }
  return counts;
}

/** With ids as MongoDB has them. */
function spellDocument(document: object): Document {
  return spell(document) as Document;
}

function spell(value: unknown): unknown {
  if (typeof value === "string" && /^[0-9a-f]{24}$/.test(value)) {
    return BSON.ObjectId.createFromHexString(value);
  }
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(spell);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, untouched.has(key) ? (each as unknown) : spell(each)]),
  );
}

const usage = `fill-mongo --url mongodb://user:password@host:port/database [--scale 1] [--seed 1] [--courses C]
The same --scale, --seed and --courses as of fill-mysql make one site.
`;

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { url: text, scale: text, seed: text, courses: text } });
  if (values.url === undefined) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  const client = await new MongoClient(values.url).connect();
  try {
    const { versions, structures, definitions } = await fillMongo(client.db(), {
      scale: Number(values.scale ?? 1),
      seed: Number(values.seed ?? 1),
      ...(values.courses === undefined ? {} : { courses: Number(values.courses) }),
    });
    process.stdout.write(
      `${versions} courses and libraries, ${structures} structures, ${definitions} definitions\n`,
    );
  } finally {
    await client.close();
  }
}

// Run as a command, and not when a test or another bench imports it.
if (/fill-mongo\.[cm]?js$/.test(process.argv[1] ?? "")) {
  await main();
}
