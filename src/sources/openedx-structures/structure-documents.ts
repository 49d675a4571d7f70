import { BSON, type Document, ObjectId } from "mongodb";
import { PanoramaError } from "../../errors.ts";
import { type InputCount, countInputs } from "../../openedx/structures/count-inputs.ts";
import type { StructureDocument } from "../../openedx/structures/structure-document.ts";
import type { MongoSession } from "./mongo-connection.ts";
import { isConnectionLost, mongoError } from "./mongo-errors.ts";

/** Where the modulestore's documents are. */
export interface Modulestore {
  readonly session: MongoSession;
  /** The datasource's name in the settings. */
  readonly source: string;
  /** What the collections' names begin with. */
  readonly collection: string;
}

/** Most of a structure's bytes, and nothing that rows are made of: these stay at the server. */
const leftOut = [
  "asides",
  "fields.markdown",
  "fields.transcripts",
  "fields.user_partitions",
  "defaults.markdown",
  "edit_info.edited_by",
  "edit_info.edited_on",
  "edit_info.original_usage_version",
  "edit_info.previous_version",
  "edit_info.source_version",
  "edit_info.update_version",
].map((path) => [`blocks.${path}`, 0] as const);

/** Of a course all that are wanted, mostly; what a server sends at once it bounds by bytes itself. */
const definitionsAtOnce = 500;

/**
 * One structure; undefined when there is none of that id. Throws an error that is not a PanoramaError for bytes that
 * are no document, SOURCE_CUT_SHORT when the connection ends.
 */
export async function fetchStructure(
  modulestore: Modulestore,
  structureId: string,
  signal: AbortSignal,
): Promise<StructureDocument | undefined> {
  for await (const bytes of find(
    modulestore,
    "structures",
    [structureId],
    Object.fromEntries(leftOut),
    signal,
  )) {
    return plain(decode(bytes)) as StructureDocument;
  }
  return undefined;
}

/** The inputs of problems, by their definitions. One that is missing, is damaged or holds no XML, is not in the answer. */
export async function countDefinitionInputs(
  modulestore: Modulestore,
  definitionIds: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, InputCount>> {
  const counts = new Map<string, InputCount>();
  for (let from = 0; from < definitionIds.length; from += definitionsAtOnce) {
    const ids = definitionIds.slice(from, from + definitionsAtOnce);
    for await (const bytes of find(modulestore, "definitions", ids, { "fields.data": 1 }, signal)) {
      const definition = decodeOrNone(bytes);
      const data = (definition?.["fields"] as { data?: unknown } | null | undefined)?.data;
      if (typeof data === "string") counts.set(String(definition?.["_id"]), countInputs(data));
    }
  }
  return counts;
}

/** Undecoded, so that one damaged document does not take others with it. */
async function* find(
  { session, source, collection }: Modulestore,
  name: "structures" | "definitions",
  ids: readonly string[],
  projection: Readonly<Record<string, 0 | 1>>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const objectIds = ids.filter((id) => ObjectId.isValid(id)).map((id) => ObjectId.createFromHexString(id));
  try {
    const [only] = objectIds;
    const wanted = objectIds.length === 1 && only !== undefined ? only : { $in: objectIds };
    const found = session.db.collection(`${collection}.${name}`).find(
      { _id: wanted },
      {
        projection,
        raw: true,
        batchSize: definitionsAtOnce + 1,
        signal,
      },
    );
    for await (const bytes of found) yield bytes as unknown as Uint8Array;
  } catch (error) {
    signal.throwIfAborted();
    const what = `Cannot read ${collection}.${name} at ${session.place}`;
    if (!isConnectionLost(error)) throw mongoError(error, what, { source });
    const message = `${what}: the connection has been lost`;
    throw new PanoramaError("SOURCE_CUT_SHORT", message, { source }, { cause: error });
  }
}

/** Text that is not UTF-8 is shown as well as can be, as the LMS does. */
function decode(bytes: Uint8Array): Document {
  return BSON.deserialize(bytes, { validation: { utf8: false } });
}

function decodeOrNone(bytes: Uint8Array): Document | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

/** Ids as hexadecimal digits; numbers that BSON has types of its own for as numbers. Changes the value that it is given. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof BSON.Long || value instanceof BSON.Decimal128) return Number(value.toString());
  // Of the other types of BSON none is a setting of a block.
  if (value instanceof BSON.BSONValue) return null;
  if (Array.isArray(value)) {
    const array = value as unknown[];
    for (let i = 0; i < array.length; i++) array[i] = plain(array[i]);
    return array;
  }
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    const each = record[key];
    if (typeof each === "object" && each !== null) record[key] = plain(each);
  }
  return record;
}
