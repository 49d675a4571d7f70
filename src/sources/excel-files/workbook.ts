import { posix } from "node:path";
import { type NumberShown, shownBy } from "./number-format.ts";
import { readSharedStrings, type SharedStrings } from "./shared-strings.ts";
import {
  NotAWorkbook,
  openWorkbookArchive,
  readWholePart,
  type WorkbookArchive,
} from "./workbook-archive.ts";

export interface Sheet {
  readonly name: string;
  /** The part that holds its rows. */
  readonly part: string;
}

/** An open workbook. */
export interface Workbook extends AsyncDisposable {
  readonly archive: WorkbookArchive;
  /** Those with cells, hidden ones too, in the order of their tabs. */
  readonly sheets: readonly Sheet[];
  readonly from1904: boolean;
  /** What numbers are shown as, by the style of their cell. */
  readonly shown: readonly NumberShown[];
  /** Read once, when a sheet is first read. */
  sharedStrings(signal: AbortSignal): Promise<SharedStrings>;
}

interface Relation {
  /** The last word of its type, such as `worksheet`. */
  readonly type: string;
  readonly part: string;
}

/** Opens a workbook and reads what it is made of, no cells. */
export async function openWorkbook(path: string, signal: AbortSignal): Promise<Workbook> {
  const archive = await openWorkbookArchive(path);
  try {
    const root = await readRelations(archive, "", signal);
    const main = [...root.values()].find(({ type }) => type === "officeDocument")?.part;
    if (main === undefined || !archive.has(main)) throw new NotAWorkbook("it is a ZIP file of another kind");
    const relations = await readRelations(archive, main, signal);
    const { entries, from1904 } = await readMain(archive, main, signal);
    const partOf = (type: string): string | undefined =>
      [...relations.values()].find((relation) => relation.type === type)?.part;
    let strings: Promise<SharedStrings> | undefined;
    return {
      archive,
      from1904,
      shown: await readStyles(archive, partOf("styles"), signal),
      sheets: entries.flatMap(({ name, id }) => {
        const relation = relations.get(id);
        return relation?.type === "worksheet" ? [{ name, part: relation.part }] : [];
      }),
      sharedStrings: (stringsSignal) => {
        strings ??= readSharedStrings(archive, partOf("sharedStrings"), stringsSignal);
        return strings;
      },
      [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
    };
  } catch (error) {
    await archive[Symbol.asyncDispose]();
    throw error;
  }
}

/** What a part refers to, by the id that it uses for it. */
async function readRelations(
  archive: WorkbookArchive,
  part: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Relation>> {
  const folder = posix.dirname(part);
  const relations = new Map<string, Relation>();
  const own = posix.join(folder, "_rels", `${posix.basename(part)}.rels`);
  if (!archive.has(own)) return relations;
  await readWholePart(
    archive,
    own,
    {
      open: (name, { Id: id, Type: type = "", Target: target = "", TargetMode: mode }) => {
        if (name !== "Relationship" || id === undefined || mode === "External") return;
        const path = target.startsWith("/") ? target.slice(1) : posix.join(folder, target);
        relations.set(id, { type: type.slice(type.lastIndexOf("/") + 1), part: path });
      },
    },
    signal,
  );
  return relations;
}

async function readMain(
  archive: WorkbookArchive,
  part: string,
  signal: AbortSignal,
): Promise<{
  readonly entries: readonly { readonly name: string; readonly id: string }[];
  readonly from1904: boolean;
}> {
  const entries: { name: string; id: string }[] = [];
  let from1904 = false;
  await readWholePart(
    archive,
    part,
    {
      open: (name, attributes) => {
        if (name === "workbookPr") from1904 = /^(1|true)$/.test(attributes["date1904"] ?? "");
        if (name !== "sheet") return;
        // The prefix is the writer's own choice.
        const id = Object.entries(attributes).find(([key]) => /:id$/.test(key))?.[1];
        if (id !== undefined) entries.push({ name: attributes["name"] ?? "", id });
      },
    },
    signal,
  );
  return { entries, from1904 };
}

async function readStyles(
  archive: WorkbookArchive,
  part: string | undefined,
  signal: AbortSignal,
): Promise<readonly NumberShown[]> {
  if (part === undefined || !archive.has(part)) return [];
  const codes = new Map<number, string>();
  const formats: number[] = [];
  let isCellFormats = false;
  await readWholePart(
    archive,
    part,
    {
      open: (name, attributes) => {
        if (name === "numFmt") codes.set(Number(attributes["numFmtId"]), attributes["formatCode"] ?? "");
        else if (name === "cellXfs") isCellFormats = true;
        else if (name === "xf" && isCellFormats) formats.push(Number(attributes["numFmtId"] ?? 0));
      },
      close: (name) => {
        if (name === "cellXfs") isCellFormats = false;
      },
    },
    signal,
  );
  return formats.map((id) => shownBy(id, codes.get(id)));
}
