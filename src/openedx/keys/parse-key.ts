import type { OpaqueKey } from "./opaque-key.ts";

// Python's \w, which decides what the platform takes for a key: letters and numbers of any script, and "_".
const word = String.raw`\p{L}\p{N}_`;
/** Of orgs, courses, runs and block types. */
const name = `[${word}\\-~.:]+`;
/** Of block ids, and of everything before keys had a namespace. */
const looseName = `[${word}\\-~.:%]+`;
/** Of libraries of the second version, whose parts are divided by colons. */
const slug = `[${word}\\-.]+`;

const revision = `(?:\\+branch@${name})?(?:\\+version@[a-f0-9]+)?`;
const course = `(?<org>${name})\\+(?<course>${name})\\+(?<run>${name})${revision}`;
const ccxCourse = `${course}\\+ccx@(?<ccxId>\\d+)`;
const library = `(?<org>${name})\\+(?<library>${name})${revision}`;
const block = `\\+type@(?<blockType>${name})\\+block@(?<blockId>${looseName})`;
const slugs = `(?<org>${slug}):(?<library>${slug})`;
const slugBlock = `:(?<blockType>${slug}):(?<blockId>${slug})`;
const oldBlock = `(?<org>${looseName})/(?<course>${looseName})/(?<blockType>${looseName})/(?<blockId>${looseName})`;

/** By what a key begins with. */
const patterns: ReadonlyMap<string, readonly [OpaqueKey["kind"], () => RegExp]> = new Map([
  ["course-v1", ["course", whole(course)]],
  ["block-v1", ["block", whole(course + block)]],
  ["ccx-v1", ["ccx-course", whole(ccxCourse)]],
  ["ccx-block-v1", ["ccx-block", whole(ccxCourse + block)]],
  ["library-v1", ["library", whole(library)]],
  ["lib-block-v1", ["library-block", whole(library + block)]],
  ["lib", ["library-v2", whole(slugs)]],
  ["lb", ["library-v2-block", whole(slugs + slugBlock)]],
  ["lct", ["library-v2-container", whole(slugs + slugBlock)]],
  ["lib-collection", ["library-v2-collection", whole(`${slugs}:(?<collectionId>${slug})`)]],
  ["i4x", ["old-block", whole(`//${oldBlock}(?:@${looseName})?`)]],
]);

const oldCourse = whole(`(?<org>${looseName})/(?<course>${looseName})/(?<run>${looseName})`);
// Only problems have answers.
const oldAnswer = whole(
  `i4x-(?<org>[^-]+)-(?<course>.+?)-(?<blockType>problem)-(?<blockId>.+)_(?<answer>\\d+_\\d+)`,
);

/** The parts of a key, or undefined for what is none. One line break at the end is not part of it. */
export function parseKey(written: string): OpaqueKey | undefined {
  const text = written.replace(/\r?\n$/, "");
  const colon = text.indexOf(":");
  const pattern = colon === -1 ? undefined : patterns.get(text.slice(0, colon));
  if (pattern !== undefined) return keyOf(pattern[0], text, pattern[1]().exec(text.slice(colon + 1)));
  return (
    keyOf("old-course", text, oldCourse().exec(text)) ?? keyOf("old-answer", text, oldAnswer().exec(text))
  );
}

function keyOf(kind: OpaqueKey["kind"], text: string, match: RegExpExecArray | null): OpaqueKey | undefined {
  // The pattern of each kind has exactly the groups that are its parts.
  return match === null ? undefined : ({ kind, text, ...match.groups } as unknown as OpaqueKey);
}

/** Made by the first use: each takes V8 about a millisecond. */
function whole(source: string): () => RegExp {
  let pattern: RegExp | undefined;
  return () => (pattern ??= new RegExp(`^${source}$`, "u"));
}
