import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import { PanoramaError } from "../errors.ts";
import { type SettingPath, SettingsProblems } from "./settings-problems.ts";
import { type Environment, substituteVariables } from "./substitute-variables.ts";
import { addSyntaxProblems } from "./syntax-problems.ts";

/** Enough for an anchor that every table uses, too little for a file that grows without end. */
export const aliasLimit = { maxAliasCount: 10_000 } as const;

/** A settings file that is YAML, not yet looked at. */
export interface SettingsDocument {
  readonly file: string;
  readonly yaml: Document.Parsed;
  /** Line of a setting's key, of a list's entry, or of the nearest thing around it that exists. */
  readonly lineOf: (path: SettingPath) => number;
  readonly problems: SettingsProblems;
}

/** Throws `SETTINGS_INVALID` for an empty file and, with every line, for what is not YAML. Repeated keys are noted in `problems`. */
export function parseSettingsDocument(file: string, text: string): SettingsDocument {
  const lines = new LineCounter();
  // prettyErrors and warnings on stderr would quote the file, secrets and all.
  const yaml = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
    merge: true,
    keepSourceTokens: true,
  });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const lineOf = (path: SettingPath): number => lineAt(findOffset(yaml, path));
  const problems = new SettingsProblems(file, lineOf);
  const stop = addSyntaxProblems(yaml, text, lineAt, problems);
  if (stop) problems.throwIfAny();
  if (yaml.contents === null || (isScalar(yaml.contents) && yaml.contents.value === null)) {
    throw new PanoramaError("SETTINGS_INVALID", `The settings file ${file} is empty`);
  }
  return { file, yaml, lineOf, problems };
}

/**
 * The document as plain objects, with variables filled in. Numbers and booleans that JavaScript would spell
 * otherwise than the file (`007`, `1.10`, twenty digits) come as the text that was written. May be called once.
 */
export function resolveDocument(document: SettingsDocument, environment: Environment): unknown {
  const { yaml, problems } = document;
  visit(yaml, {
    Scalar(key, scalar, ancestors) {
      if (key === "key") return;
      if (typeof scalar.value === "string") {
        const substitution = substituteVariables(scalar.value, environment);
        for (const problem of substitution.problems) {
          problems.addUnresolved(pathOf([...ancestors, scalar]), problem);
        }
        scalar.value = substitution.text;
      } else if (scalar.value !== null && scalar.source !== undefined) {
        if (JSON.stringify(scalar.value) !== scalar.source) scalar.value = scalar.source;
      }
    },
  });
  try {
    return yaml.toJS(aliasLimit);
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    const message = `The aliases of the settings file ${document.file} stand for too much, or for each other`;
    throw new PanoramaError("SETTINGS_INVALID", message, {}, { cause });
  }
}

/** The value as `resolveDocument` would give it, as far as this node goes; what cannot be filled in stays. */
export function resolveText(node: unknown, environment: Environment): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  if (typeof node.value !== "string") return node.source;
  const substitution = substituteVariables(node.value, environment);
  return substitution.problems.length === 0 ? substitution.text : node.value;
}

/** The pair that gives a mapping its `key`: its own, or one that is merged into it. */
export function findPair(
  yaml: Document.Parsed,
  map: YAMLMap,
  key: string,
): Pair<Node, Node | null> | undefined {
  const pairs = map.items as Pair<Node, Node | null>[];
  const own = pairs.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (own !== undefined) return own;
  for (const pair of pairs) {
    if (!isScalar(pair.key) || pair.key.source !== "<<") continue;
    const merged = follow(yaml, pair.value);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const target = follow(yaml, source);
      const found = isMap(target) && target !== map ? findPair(yaml, target, key) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** What an alias stands for; anything else is itself. */
export function follow(yaml: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(yaml) : node;
}

function findOffset(yaml: Document.Parsed, path: SettingPath): number {
  let node: unknown = yaml.contents;
  let offset = yaml.contents?.range[0] ?? 0;
  for (const part of path) {
    const target = follow(yaml, node);
    if (isMap(target) && typeof part === "string") {
      const pair = findPair(yaml, target, part);
      if (pair === undefined) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(target) && typeof part === "number") {
      node = target.items[part];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else if (isMap(target) && part === 0) {
      // One entry written without the dash of a list.
      node = target;
    } else {
      break;
    }
  }
  return offset;
}

function pathOf(chain: readonly unknown[]): SettingPath {
  return chain.flatMap((node, index): (string | number)[] => {
    if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : "?"];
    return isSeq(node) ? [node.items.indexOf(chain[index + 1])] : [];
  });
}
