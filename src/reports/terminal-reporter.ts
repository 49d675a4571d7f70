import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Reporter, RunEvent } from "./reporter.ts";
import {
  fellShort,
  printable,
  spellAlteration,
  spellCounted,
  spellError,
  spellLoaded,
  spellNotLoaded,
  spellPublished,
  spellSchemaChanges,
  spellSubject,
  splitLines,
} from "./spelling.ts";
import { planBlock } from "./terminal-block.ts";
import type { TableInWork } from "./terminal-block.ts";

const drawMillis = 100;

/** The part of `tty.WriteStream` that is needed. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
  hasColors?(): boolean;
}

export interface TerminalOptions {
  readonly color: boolean;
  readonly clock: Clock;
  /** Resident memory of the process in bytes. */
  memory(): number;
}

type Style = "good" | "bad" | "warning" | "dim";
const styles: Readonly<Record<Style, string>> = { good: "32", bad: "31", warning: "33", dim: "2" };

/**
 * A live block at the foot of the terminal, a line for each table in work, drawn at most ten times a second.
 * What is finished scrolls up as permanent lines. Failures are drawn at once and stay.
 */
export function openTerminalReporter(
  stream: TerminalStream,
  options: Partial<TerminalOptions> = {},
): Reporter {
  return new TerminalReporter(stream, {
    // `hasColors` knows NO_COLOR and TERM=dumb.
    color: stream.hasColors?.() ?? false,
    clock: systemClock,
    memory: () => process.memoryUsage.rss(),
    ...options,
  });
}

class TerminalReporter implements Reporter {
  readonly #stream: TerminalStream;
  readonly #options: TerminalOptions;
  readonly #startedAt: number;
  readonly #stopDrawing: () => void;
  readonly #inWork = new Map<string, TableInWork>();
  #tables: number | undefined;
  /** A table that is read anew is still one. */
  readonly #done = new Set<string>();
  #closed = false;
  /** Permanent lines that the next drawing puts above the block. */
  #pending: string[] = [];
  #drawnLines = 0;
  #drawnAt = -Infinity;

  constructor(stream: TerminalStream, options: TerminalOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#stopDrawing = options.clock.every(drawMillis, () => {
      this.#drawWhenDue();
    });
  }

  report(event: RunEvent): void {
    this.#pending.push(...this.#take(event));
    if (event.kind === "table-failed" || event.kind === "source-failed") this.#draw();
    else this.#drawWhenDue();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopDrawing();
    for (const work of this.#inWork.values()) {
      const subject = printable(spellSubject(work) ?? "");
      this.#pending.push(`- ${subject}  not finished, ${spellCounted(work.rows, "row")} read`);
      this.#pending.push(...this.#below(work.below));
    }
    this.#draw();
  }

  /** Changes the picture and returns the lines that are to stay. */
  #take(event: RunEvent): readonly string[] {
    switch (event.kind) {
      case "run-started":
        this.#tables = event.tables;
        return [`Loading ${spellCounted(event.tables, "table")} into ${printable(event.lake)}`];
      case "notice":
        return markedLines(this.#paint("dim", "·"), event);
      case "warning":
        return this.#takeWarning(event);
      case "table-started":
        this.#start(event);
        return [];
      case "schema-changed": {
        const message = spellSchemaChanges(event).join("\n");
        return message === "" ? [] : markedLines(this.#paint("dim", "·"), { ...event, message });
      }
      case "table-progress": {
        const work = this.#find(event);
        if (work !== undefined) [work.rows, work.bytes] = [event.rows, event.bytes];
        return [];
      }
      case "table-loaded": {
        const below = [
          ...this.#finish(event),
          ...event.alterations.map((one) => `  ${spellAlteration(one)}`),
        ];
        const subject = printable(spellSubject(event) ?? "");
        return [`${this.#paint("good", "✓")} ${subject}  ${spellLoaded(event)}`, ...this.#below(below)];
      }
      // Counted at the end: of an hourly load they are most.
      case "table-unchanged":
        this.#done.add(keyOf(event));
        return [];
      case "table-failed": {
        const below = this.#finish(event);
        const [first = "", ...rest] = spellError(event.error, spellSubject(event));
        return [`${this.#paint("bad", "✗")} ${first}`, ...rest, ...this.#below(below)];
      }
      case "source-failed": {
        for (const table of event.tables) this.#done.add(keyOf({ source: event.source, table }));
        const [first = "", ...rest] = spellError(event.error, event.source);
        return [`${this.#paint("bad", "✗")} ${first}`, ...rest, `  ${spellNotLoaded(event.tables)}`];
      }
      case "run-published": {
        const mark = fellShort(event) ? this.#paint("bad", "✗") : this.#paint("good", "✓");
        return [`${mark} ${spellPublished(event)}`];
      }
    }
  }

  /** A warning about a table in work waits for the table's own line. */
  #takeWarning(event: RunEvent & { readonly kind: "warning" }): readonly string[] {
    const work = this.#find(event);
    if (work === undefined) return markedLines(this.#paint("warning", "!"), event);
    work.below.push(...splitLines(event.message).map((line) => `  ${line}`));
    return [];
  }

  #start(event: RunEvent & { readonly kind: "table-started" }): void {
    const { source, table, estimatedRows } = event;
    const startedAt = this.#options.clock.now();
    this.#inWork.set(keyOf(event), { source, table, estimatedRows, startedAt, rows: 0, bytes: 0, below: [] });
  }

  /** Takes the table out of work and returns what was noted below it. */
  #finish(event: { readonly source: string; readonly table: string }): readonly string[] {
    const key = keyOf(event);
    const below = this.#inWork.get(key)?.below ?? [];
    this.#inWork.delete(key);
    this.#done.add(key);
    return below;
  }

  #find(event: { readonly source?: string; readonly table?: string }): TableInWork | undefined {
    for (const work of this.#inWork.values()) {
      if (work.table === event.table && (event.source ?? work.source) === work.source) return work;
    }
    return undefined;
  }

  #drawWhenDue(): void {
    if (this.#options.clock.now() - this.#drawnAt >= drawMillis) this.#draw();
  }

  /** One write, so that the block does not flicker. */
  #draw(): void {
    const erase = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A\r\u001b[J` : "";
    const block = this.#closed ? [] : this.#planBlock();
    const text = [...this.#pending, ...block].map((line) => `${line}\n`).join("");
    if (erase + text !== "") this.#stream.write(erase + text);
    this.#pending = [];
    this.#drawnLines = block.length;
    this.#drawnAt = this.#options.clock.now();
  }

  #planBlock(): readonly string[] {
    const now = this.#options.clock.now();
    const lines = planBlock(
      [...this.#inWork.values()],
      {
        done: this.#done.size,
        tables: this.#tables,
        elapsedMillis: now - this.#startedAt,
        memoryBytes: this.#options.memory(),
      },
      now,
      // A pseudo-terminal that nobody gave a size says 0.
      (this.#stream.columns || 80) - 1,
      this.#stream.rows || 24,
    );
    return lines.map((line, index) => (index === lines.length - 1 ? this.#paint("dim", line) : line));
  }

  #below(lines: readonly string[]): readonly string[] {
    return lines.map((line) => this.#paint("warning", printable(line)));
  }

  #paint(style: Style, text: string): string {
    return this.#options.color ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
  }
}

function markedLines(
  mark: string,
  event: { readonly source?: string; readonly table?: string; readonly message: string },
): readonly string[] {
  const subject = spellSubject(event);
  const [first = "", ...rest] = splitLines(event.message);
  const prefix = subject === undefined ? "" : `${subject}: `;
  return [`${mark} ${printable(prefix + first)}`, ...rest.map((line) => `  ${printable(line)}`)];
}

function keyOf(event: { readonly source: string; readonly table: string }): string {
  return JSON.stringify([event.source, event.table]);
}
