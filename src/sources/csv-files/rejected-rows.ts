import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { PanoramaError } from "../../errors.ts";

/**
 * The files that rejected rows are kept in, as they were written, so that they can be mended and loaded. Only this
 * account may read them, since rows may hold anything.
 */
export class RejectedRows {
  readonly #where: { readonly source: string; readonly table: string };
  /** Those of this run: files that several tables share are begun once. */
  readonly #begun: Set<string>;
  readonly #open = new Map<string, { readonly file: number; header: Uint8Array | undefined }>();

  constructor(where: { readonly source: string; readonly table: string }, begun: Set<string>) {
    this.#where = where;
    this.#begun = begun;
  }

  /** Removes what an earlier run has rejected. */
  begin(paths: readonly string[]): void {
    for (const path of paths) {
      if (this.#begun.has(path)) continue;
      this.#begun.add(path);
      this.#try(path, () => rmSync(path, { force: true }));
    }
  }

  /** The header is written before the first row of each file. */
  add(path: string, header: Uint8Array, row: Uint8Array): void {
    this.#try(path, () => {
      const open = this.#open.get(path) ?? { file: openSync(path, "a", 0o600), header: undefined };
      this.#open.set(path, open);
      if (open.header !== header && header.length > 0) writeLine(open.file, header);
      open.header = header;
      writeLine(open.file, row);
    });
  }

  /** Closes the files and names them. */
  finish(): readonly string[] {
    const paths = [...this.#open.keys()];
    for (const { file } of this.#open.values()) closeSync(file);
    this.#open.clear();
    return paths;
  }

  #try(path: string, act: () => void): void {
    try {
      act();
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
      const message = `Cannot write rejected rows to ${path} (${code}); \`reject_file\` names another place`;
      throw new PanoramaError("SOURCE_UNREADABLE", message, this.#where, { cause });
    }
  }
}

function writeLine(file: number, line: Uint8Array): void {
  writeSync(file, line);
  writeSync(file, "\n");
}
