import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Reporter, RunEvent } from "./reporter.ts";
import {
  fellShort,
  printable,
  spellAlteration,
  spellBytes,
  spellCount,
  spellCounted,
  spellError,
  spellLoaded,
  spellNotLoaded,
  spellPublished,
  spellSchemaChanges,
  spellSubject,
  splitLines,
} from "./spelling.ts";

const progressMillis = 30_000;

/** Plain lines for logs: each with its time, no control characters, progress of a table every 30 seconds. */
export function openLinesReporter(stream: NodeJS.WritableStream, clock: Clock = systemClock): Reporter {
  const toldAt = new Map<string, number>();

  function due(event: RunEvent): boolean {
    if (event.kind === "table-started") toldAt.set(event.table, clock.now());
    if (event.kind !== "table-progress") return true;
    const last = toldAt.get(event.table) ?? 0;
    if (clock.now() - last < progressMillis) return false;
    toldAt.set(event.table, clock.now());
    return true;
  }

  return {
    report(event) {
      if (!due(event)) return;
      const time = new Date(clock.now()).toISOString();
      stream.write(
        spellEvent(event)
          .map((line) => `${time} ${printable(line)}\n`)
          .join(""),
      );
    },
    close() {},
  };
}

function spellEvent(event: RunEvent): readonly string[] {
  switch (event.kind) {
    case "run-started":
      return [`Run ${event.run}: ${spellCounted(event.tables, "table")} into ${event.lake}`];
    case "notice":
      return indentRest(`${prefix(event)}${event.message}`);
    case "warning":
      return indentRest(`! ${prefix(event)}${event.message}`);
    case "table-started": {
      const { estimatedRows } = event;
      const about = estimatedRows === undefined ? "" : `, about ${spellCounted(estimatedRows, "row")}`;
      return [`${prefix(event)}started${about}`];
    }
    case "schema-changed":
      return spellSchemaChanges(event).map((line, i) => (i === 0 ? `${prefix(event)}${line}` : `  ${line}`));
    case "table-progress":
      return [`${event.table}: ${spellCount(event.rows)} rows so far, ${spellBytes(event.bytes)}`];
    case "table-loaded":
      return [
        `✓ ${spellSubject(event) ?? ""}  ${spellLoaded(event)}`,
        ...event.alterations.map((alteration) => `  ${spellAlteration(alteration)}`),
      ];
    case "table-unchanged":
      return [`✓ ${spellSubject(event) ?? ""}  unchanged`];
    case "table-failed": {
      const [first = "", ...rest] = spellError(event.error, spellSubject(event));
      return [`✗ ${first}`, ...rest];
    }
    case "source-failed": {
      const [first = "", ...rest] = spellError(event.error, event.source);
      return [`✗ ${first}`, ...rest, `  ${spellNotLoaded(event.tables)}`];
    }
    case "run-published":
      return [`${fellShort(event) ? "✗" : "✓"} ${spellPublished(event)}`];
  }
}

function indentRest(text: string): readonly string[] {
  const [first = "", ...rest] = splitLines(text);
  return [first, ...rest.map((line) => `  ${line}`)];
}

function prefix(event: { readonly source?: string; readonly table?: string }): string {
  const subject = spellSubject(event);
  return subject === undefined ? "" : `${subject}: `;
}
