import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { findPair } from "./settings-document.ts";
import { blockEntry, flowEntry, type NewEntry } from "./new-entry.ts";
import { Page } from "./text-page.ts";

/** A settings file whose text is to be changed here and there. */
export interface EditableText {
  readonly text: string;
  readonly yaml: Document.Parsed;
}

export interface ListChange {
  /** Decides by the entry's node whether it stays. */
  readonly stays: (entry: unknown) => boolean;
  /** Written after those that stay. */
  readonly additions: readonly NewEntry[];
}

/**
 * The text with the list `owner.key` changed and every other character as it was: entries that stay keep their
 * spelling and comments, a comment right above an entry goes with it. A single entry without a dash becomes a list
 * when others join it. undefined when the list is written in a way that cannot be edited safely, such as an alias.
 */
export function editList(
  { text, yaml }: EditableText,
  owner: YAMLMap,
  key: string,
  change: ListChange,
): string | undefined {
  const pair = ownPair(owner, key);
  if (pair === undefined && findPair(yaml, owner, key) !== undefined) return undefined;
  const list = pair?.value;
  const page = new Page(text);
  if (isAlias(list) || (isScalar(list) && list.value !== null && list.value !== "")) return undefined;
  if (isSeq(list)) {
    return list.flow === true ? editFlowList(page, list, change) : editBlockList(page, list, change);
  }
  if (isMap(list)) return editSingleEntry(page, list, change);
  if (change.additions.length === 0) return text;
  if (owner.flow === true) return addFlowList(page, owner, pair, key, change.additions);
  return addBlockList(page, { text, yaml }, owner, pair, key, change.additions);
}

export function ownPair(map: YAMLMap, key: string): Pair<Node, Node | null> | undefined {
  const pairs = map.items as Pair<Node, Node | null>[];
  return pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function editBlockList(page: Page, list: YAMLSeq, change: ListChange): string | undefined {
  const dashes = dashOffsets(list);
  if (dashes.length !== list.items.length || dashes.length === 0) return undefined;
  const column = page.columnOf(dashes[0] ?? 0);

  // An entry ends after its last line and the deeper comments below it; it begins with the comments right above.
  const ends = list.items.map((item, index) =>
    page.skipComments(page.nextLine(contentEnd(page.text, item, dashes[index] ?? 0)), column + 1),
  );
  const starts = dashes.map((dash, index) => {
    const floor = index === 0 ? 0 : (ends[index - 1] ?? 0);
    return page.includeCommentsAbove(page.lineStart(dash), floor, column);
  });
  const pieces = list.items.map((item, index) => {
    const start = starts[index] ?? 0;
    const end = ends[index] ?? 0;
    const gap = page.text.slice(end, starts[index + 1] ?? end);
    if (change.stays(item)) return page.text.slice(start, end) + gap;
    return gap.trim() === "" ? "" : gap;
  });
  const written = change.additions.map((entry) => blockEntry(entry, column, page.lineEnd));
  return page.replaceLines(starts[0] ?? 0, ends.at(-1) ?? 0, [...pieces, ...written]);
}

function dashOffsets(list: YAMLSeq): number[] {
  const token = list.srcToken;
  if (token?.type !== "block-seq") return [];
  return token.items.flatMap(({ start }) => {
    const dash = start.find(({ type }) => type === "seq-item-ind");
    return dash === undefined ? [] : [dash.offset];
  });
}

function editSingleEntry(page: Page, entry: YAMLMap, change: ListChange): string | undefined {
  const stays = change.stays(entry);
  if (stays && change.additions.length === 0) return page.text;
  if (!entry.range) return undefined;
  const [start] = entry.range;
  if (entry.flow === true) {
    const end = entry.range[1];
    const entries = [...(stays ? [page.text.slice(start, end)] : []), ...change.additions.map(flowEntry)];
    return `${page.text.slice(0, start)}[${entries.join(", ")}]${page.text.slice(end)}`;
  }

  const column = page.columnOf(start);
  const from = page.lineStart(start);
  const to = page.nextLine(contentEnd(page.text, entry, start));
  const lines = page.text.slice(from, to).split(/(?<=\n)/);
  const indented = lines.map((line, index) => {
    if (index === 0) return `${line.slice(0, column)}- ${line.slice(column)}`;
    return line.trim() === "" ? line : `  ${line}`;
  });
  const written = change.additions.map((addition) => blockEntry(addition, column, page.lineEnd));
  return page.replaceLines(from, to, [...(stays ? indented : []), ...written]);
}

function editFlowList(page: Page, list: YAMLSeq, change: ListChange): string | undefined {
  const { text } = page;
  if (!list.range) return undefined;
  const [open, close] = [list.range[0] + 1, list.range[1] - 1];
  const spans = list.items.flatMap((item) => {
    const range = (item as Node).range;
    return range ? [{ item, start: range[0], end: range[1] }] : [];
  });
  if (spans.length !== list.items.length) return undefined;

  let result = "";
  spans.forEach(({ item, start, end }, index) => {
    if (!change.stays(item)) return;
    const separator = text.slice(spans[index - 1]?.end ?? open, start);
    result +=
      (result === "" ? text.slice(open, spans[0]?.start ?? open) : separator) + text.slice(start, end);
  });
  for (const entry of change.additions) result += (result === "" ? "" : ", ") + flowEntry(entry);
  const tail = text.slice(spans.at(-1)?.end ?? close, close);
  return text.slice(0, open) + result + (result === "" ? "" : tail) + text.slice(close);
}

function addFlowList(
  page: Page,
  owner: YAMLMap,
  pair: Pair<Node, Node | null> | undefined,
  key: string,
  additions: readonly NewEntry[],
): string | undefined {
  const list = `[${additions.map(flowEntry).join(", ")}]`;
  const range = pair === undefined ? owner.range : pair.value?.range;
  if (!range) return undefined;
  if (pair !== undefined) {
    const lead = page.text.slice(0, range[0]);
    return `${lead}${lead.endsWith(":") ? " " : ""}${list}${page.text.slice(range[1])}`;
  }
  const end = range[1] - 1;
  const before = page.text.slice(0, end).trimEnd();
  return `${before}${/[{,]$/.test(before) ? " " : ", "}${key}: ${list}${page.text.slice(before.length)}`;
}

function addBlockList(
  page: Page,
  { yaml }: EditableText,
  owner: YAMLMap,
  pair: Pair<Node, Node | null> | undefined,
  key: string,
  additions: readonly NewEntry[],
): string | undefined {
  const firstKey = (owner.items[0]?.key as Node | undefined)?.range;
  if (!firstKey) return undefined;
  const keyColumn = page.columnOf(firstKey[0]);
  const column = keyColumn + dashIndent(page, yaml);
  const written = additions.map((entry) => blockEntry(entry, column, page.lineEnd));
  if (pair === undefined) {
    const at = page.nextLine(contentEnd(page.text, owner, firstKey[0]));
    return page.replaceLines(at, at, [`${" ".repeat(keyColumn)}${key}:${page.lineEnd}`, ...written]);
  }
  const range = pair.value?.range ?? [firstKey[0], firstKey[0]];
  const blanked = new Page(page.text.slice(0, range[0]) + page.text.slice(range[1]));
  const at = blanked.nextLine(range[0]);
  return blanked.replaceLines(at, at, written);
}

/** How far the file indents the dashes of a list below its key, as its datasources show. */
function dashIndent(page: Page, yaml: Document.Parsed): number {
  const pair = isMap(yaml.contents) ? ownPair(yaml.contents, "datasources") : undefined;
  const dash = isSeq(pair?.value) ? dashOffsets(pair.value)[0] : undefined;
  return dash === undefined ? 0 : page.columnOf(dash);
}

/** Offset behind the last character of a node, without comments and line ends after it. */
function contentEnd(text: string, node: unknown, fallback: number): number {
  if (isMap(node) && node.flow !== true) {
    const last = (node.items as Pair<Node, Node | null>[]).at(-1);
    return contentEnd(text, last?.value, last?.key.range?.[1] ?? fallback);
  }
  if (isSeq(node) && node.flow !== true) {
    return contentEnd(text, node.items.at(-1), dashOffsets(node).at(-1) ?? fallback);
  }
  const end = (node as Node | null | undefined)?.range?.[1] ?? fallback;
  return Math.max(fallback, text.slice(0, end).trimEnd().length);
}
