import type { CatalogWarning, LakeTable, LakeView } from "../catalogs/catalog.ts";
import { type ParsedView, parseView, type Reference, referencesOf } from "./parse-view.ts";
import { type FoundRelation, hasTextIds, type IdType, spellReference } from "./spell-reference.ts";
import type { ViewFile } from "./view-file.ts";

export interface ViewPlan {
  /** Each after those that it reads. */
  readonly views: readonly LakeView[];
  /** Views that cannot exist here, and why. */
  readonly warnings: readonly CatalogWarning[];
}

/** What a lake can show of these files: a view whose tables or columns are missing is left out, and told. */
export function planViews(files: readonly ViewFile[], tables: readonly LakeTable[]): ViewPlan {
  const planner = new Planner(files, tables);
  for (const file of files) planner.plan(file, []);
  return { views: planner.views, warnings: planner.warnings };
}

type Outcome = { readonly view: LakeView } | { readonly absent: string };

class Planner {
  readonly views: LakeView[] = [];
  readonly warnings: CatalogWarning[] = [];
  readonly #files = new Map<string, ViewFile>();
  readonly #tables = new Map<string, LakeTable>();
  /** Names that tables and typed views have, in lower case: catalogs do not tell case apart. */
  readonly #taken = new Set<string>();
  readonly #outcomes = new Map<ViewFile, Outcome>();
  readonly #idType: IdType;

  constructor(files: readonly ViewFile[], tables: readonly LakeTable[]) {
    for (const file of files) this.#files.set(file.name, this.#files.get(file.name) ?? file);
    for (const table of tables) {
      // Of installations that name one table differently the newest load leads.
      const known = this.#tables.get(table.name);
      if (known?.viewName === undefined) this.#tables.set(table.name, table);
      for (const name of [table.rawName, table.viewName]) this.#taken.add(name?.toLowerCase() ?? "");
    }
    this.#idType = files.some((file) => this.#readsTextIds(file)) ? "varchar" : "bigint";
  }

  #readsTextIds(file: ViewFile): boolean {
    const parsed = parseView(file.text);
    if ("problem" in parsed) return false;
    return referencesOf(parsed).some((reference) => {
      const table = this.#tables.get(reference.name);
      return table !== undefined && hasTextIds(reference, table);
    });
  }

  /** `readers` are the files whose reading of one another has led here. */
  plan(file: ViewFile, readers: readonly ViewFile[]): Outcome {
    const known = this.#outcomes.get(file);
    if (known !== undefined) return known;
    const outcome = this.#outcomeOf(file, readers);
    // One of a cycle may have been settled meanwhile.
    const settled = this.#outcomes.get(file);
    if (settled !== undefined) return settled;
    this.#outcomes.set(file, outcome);
    if ("view" in outcome) this.views.push(outcome.view);
    else this.warnings.push({ table: file.viewName, message: `not created: ${outcome.absent}` });
    return outcome;
  }

  #outcomeOf(file: ViewFile, readers: readonly ViewFile[]): Outcome {
    const parsed = parseView(file.text);
    if ("problem" in parsed) return { absent: parsed.problem };
    const name = file.viewName.toLowerCase();
    if (this.#taken.has(name)) return { absent: "there is another table or view of this name" };
    const outcome = this.#spell(file, parsed, [...readers, file]);
    if ("view" in outcome) this.#taken.add(name);
    return outcome;
  }

  #spell(file: ViewFile, { pieces }: ParsedView, path: readonly ViewFile[]): Outcome {
    const reads = new Set<string>();
    let sql = "";
    for (const piece of pieces) {
      if (typeof piece === "string") {
        sql += piece;
        continue;
      }
      const found = this.#find(piece, path);
      if (typeof found === "string" && !piece.optional) return { absent: found };
      const relation = typeof found === "string" ? undefined : found;
      const spelled = spellReference(piece, relation, this.#idType);
      if (typeof spelled === "object") return { absent: spelled.problem };
      sql += spelled;
      if (relation !== undefined) reads.add(relation.name);
    }
    return { view: { name: file.viewName, sql: sql.trim(), reads: [...reads] } };
  }

  /** What a name stands for, or why it stands for nothing. Tables come before files. */
  #find({ name }: Reference, path: readonly ViewFile[]): FoundRelation | string {
    const table = this.#tables.get(name);
    if (table !== undefined) {
      if (table.viewName !== undefined) return { name: table.viewName, table };
      return `the view of ${name} is not defined; create-table-views does that`;
    }
    const file = this.#files.get(name);
    if (file === undefined) return `the lake has no table ${name}`;
    const start = path.indexOf(file);
    if (start >= 0) {
      const circle = [...path.slice(start), file].map((each) => each.viewName).join(" reads ");
      for (const each of path.slice(start)) this.#settle(each, `views read each other: ${circle}`);
      return `it reads ${file.viewName}`;
    }
    const outcome = this.plan(file, path);
    return "view" in outcome
      ? { name: outcome.view.name, table: undefined }
      : `it reads ${file.viewName}, which is missing: ${outcome.absent}`;
  }

  #settle(file: ViewFile, absent: string): void {
    if (this.#outcomes.has(file)) return;
    this.#outcomes.set(file, { absent });
    this.warnings.push({ table: file.viewName, message: `not created: ${absent}` });
  }
}
