import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";
import type { MongoAddress } from "../test/services/mongo-address.ts";
import { openMongoServer } from "../test/services/open-mongo-server.ts";
import { watchMongo } from "../test/services/watched-mongo.ts";
import { fillModulestore, republish } from "./fill-modulestore.ts";
import { describeMachine } from "./machine.ts";
import { ownFolder, runBench, tell } from "./run-bench.ts";
import { measureChild, type Measured } from "./measured-child.ts";

const usage = `make bench-structures ARGS="[--courses 500] [--blocks 1300] [--republished 5]"

Loads course structures from a Mongo server, all of them and then those of courses that were republished. The server is
that of PANORAMA_TEST_MONGO_URL, else FerretDB, which is slower than MongoDB.
`;

const database = "panorama_bench";
/** What has to be reached. */
const mustSeconds = 60;
const mustBytes = 300e6;

interface Options {
  readonly courses: number;
  readonly blocks: number;
  readonly republished: number;
}

async function bench({ courses, blocks, republished }: Options, signal: AbortSignal): Promise<void> {
  const machine = await describeMachine();
  await using server = await openMongoServer();
  if ("missing" in server.found) throw new Error(server.found.missing);
  const { address } = server.found;
  await using folder = await ownFolder();
  await using client = await connect(address);
  const db = client.of.db(database);
  await db.dropDatabase();
  tell(`filling ${courses} courses of ${blocks} blocks…`);
  await fillModulestore(db, { courses, blocks }, tell);

  const load = async (what: string, from: Pick<MongoAddress, "host" | "port">): Promise<Measured> => {
    const settingsFile = join(folder.path, "panorama_settings.yaml");
    const settings = planSettings({ ...address, host: from.host, port: from.port }, folder.path);
    await writeFile(settingsFile, JSON.stringify(settings));
    const words = ["--settings", settingsFile, "extract-and-load", "--all"];
    const measured = await measureChild({ program: resolve("panorama"), words }, signal);
    tell(`${what}: ${spell(measured)}`);
    return measured;
  };
  // The launcher builds what has changed, which is not to be measured.
  await measureChild({ program: resolve("panorama"), words: ["--version"] }, signal);
  const first = await load("all", address);
  await republish(db, republished, blocks);
  // What watches takes time of its own, so that only the small load goes through it.
  await using watched = await watchMongo(address);
  const second = await load("republished", watched);
  const structures = watched.finds("modulestore.structures").length;
  await db.dropDatabase();

  const peak = Math.max(first.peakBytes ?? 0, second.peakBytes ?? 0);
  const reached = first.seconds <= mustSeconds && peak <= mustBytes && structures === republished;
  process.stdout.write(`
${machine.processor}, ${machine.cores} cores, ${(machine.memoryBytes / 1e9).toFixed(0)} GB, ${machine.system}; Node.js ${machine.node}; panorama ${machine.commit ?? "outside of git"}
${courses} courses of ${blocks} blocks: ${spell(first)}
${republished} of them republished: ${spell(second)}, ${structures} structures read
wanted: ${mustSeconds} s, ${mustBytes / 1e6} MB, ${republished} structures: ${reached ? "reached" : "missed"}
`);
  if (!reached) process.exitCode = 1;
}

function spell({ seconds, peakBytes = 0, processorSeconds = 0 }: Measured): string {
  const peak = (peakBytes / 1e6).toFixed(0);
  return `${seconds.toFixed(1)} s (${processorSeconds.toFixed(1)} s of a processor), ${peak} MB at most`;
}

function planSettings({ host, port, user, password }: MongoAddress, folder: string): object {
  return {
    datalake: { type: "local", path: join(folder, "lake"), base_prefix: "bench" },
    datasources: [
      {
        type: "openedx_course_structures",
        name: "bench",
        mongodb_host: host,
        mongodb_port: port,
        mongodb_username: user,
        mongodb_password: password,
        mongodb_auth_source: "admin",
        mongodb_database: database,
        tables: [{ name: "course_structures" }],
      },
    ],
  };
}

async function connect(address: MongoAddress): Promise<AsyncDisposable & { readonly of: MongoClient }> {
  const { host, port, user: username, password } = address;
  const of = new MongoClient(`mongodb://${host}:${port}/`, {
    auth: { username, password },
    directConnection: true,
  });
  await of.connect();
  return { of, [Symbol.asyncDispose]: () => of.close() };
}

function readOptions(): Options {
  const number = (fallback: string) => ({ type: "string", default: fallback }) as const;
  const { values } = parseArgs({
    options: { courses: number("500"), blocks: number("1300"), republished: number("5") },
  });
  const [courses, blocks, republished] = [
    Number(values.courses),
    Number(values.blocks),
    Number(values.republished),
  ];
  if (![courses, blocks, republished].every((each) => Number.isInteger(each) && each > 0) || blocks < 250) {
    throw new Error("--courses, --blocks and --republished are whole numbers above 0, --blocks 250 or more");
  }
  return { courses, blocks, republished };
}

await runBench(usage, readOptions, bench);
