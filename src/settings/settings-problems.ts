import { PanoramaError } from "../errors.ts";

/** Where a setting is, e.g. `["datasources", 1, "tables", 0, "name"]`. */
export type SettingPath = readonly (string | number)[];

/** `datasources[1].tables[0].name` */
export function spellPath(path: SettingPath): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      return (index === 0 ? "" : ".") + (isShowable(part) ? part : "(unreadable key)");
    })
    .join("");
}

/** Short and of plain characters, as settings' names and types are; anything else may hold a secret, e.g. `password:secret`. */
export function isShowable(word: string): boolean {
  return /^[\w-]{1,40}$/.test(word);
}

/** All that is wrong with one settings file, gathered so that it can be told at once. Messages never hold values. */
export class SettingsProblems {
  readonly #file: string;
  readonly #lineOf: (path: SettingPath) => number;
  readonly #unresolved = new Set<string>();
  readonly #found: { readonly line: number; readonly sentence: string }[] = [];

  /** `lineOf` knows the line of a setting, or of the nearest one around it. */
  constructor(file: string, lineOf: (path: SettingPath) => number) {
    this.#file = file;
    this.#lineOf = lineOf;
  }

  /** The value is not known, so nothing else is said of this setting. */
  addUnresolved(path: SettingPath, message: string): void {
    this.#unresolved.add(spellPath(path));
    this.addAtLine(this.#lineOf(path), `${spellPath(path)}: ${message}`);
  }

  add(path: SettingPath, message: string): void {
    if (this.#unresolved.has(spellPath(path))) return;
    this.addAtLine(this.#lineOf(path), path.length === 0 ? message : `${spellPath(path)}: ${message}`);
  }

  addAtLine(line: number, sentence: string): void {
    if (this.#found.some((known) => known.line === line && known.sentence === sentence)) return;
    this.#found.push({ line, sentence });
  }

  /** `datasources[0].tables[2] (line 9)`, to point at the other of two that clash. */
  pointTo(path: SettingPath): string {
    return `${spellPath(path)} (line ${this.#lineOf(path)})`;
  }

  /** Throws one `SETTINGS_INVALID` that lists every problem in the order of the lines. */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const lines = this.#found
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, sentence }) => `${this.#file}:${line}: ${sentence}`);
    const count = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
    throw new PanoramaError("SETTINGS_INVALID", [`${count} in the settings file`, ...lines].join("\n"));
  }
}
