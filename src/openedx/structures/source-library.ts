import type { OpaqueKey } from "../keys/opaque-key.ts";
import { parseKey } from "../keys/parse-key.ts";
import type { StructureBlock } from "./structure-document.ts";

/** Key of the library that a block takes others from or was itself taken from; undefined for all other blocks. */
export function sourceLibraryOf({ fields, edit_info: editInfo }: StructureBlock): string | undefined {
  return (
    libraryOf(fields?.["source_library_id"]) ??
    libraryOf(firstOfFirst(fields?.["source_libraries"])) ??
    libraryOf(fields?.["upstream"]) ??
    libraryOf(editInfo?.["original_usage"])
  );
}

/** Blocks of before 2016 list pairs of a library and its version. */
function firstOfFirst(value: unknown): unknown {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return Array.isArray(first) ? first[0] : first;
}

function libraryOf(written: unknown): string | undefined {
  const key = typeof written === "string" ? parseKey(written) : undefined;
  return key === undefined ? undefined : spellLibrary(key);
}

/** The key of the content library that the key of a library or of a block in it names; undefined for keys of courses. */
function spellLibrary(key: OpaqueKey): string | undefined {
  if (!("library" in key)) return undefined;
  const isFirstVersion = key.kind === "library" || key.kind === "library-block";
  // Content libraries of both versions, as Open edX spells their keys.
  return isFirstVersion ? `library-v1:${key.org}+${key.library}` : `lib:${key.org}:${key.library}`;
}
