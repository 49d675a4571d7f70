import { PanoramaError } from "../errors.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Reporter } from "./reporter.ts";

/** One event a line, for log collectors: `time`, `kind`, then the event's own fields. */
export function openJsonReporter(stream: NodeJS.WritableStream, clock: Clock = systemClock): Reporter {
  return {
    report(event) {
      const time = new Date(clock.now()).toISOString();
      stream.write(`${JSON.stringify({ time, ...event }, spellErrorField)}\n`);
    },
    close() {},
  };
}

function spellErrorField(_key: string, value: unknown): unknown {
  if (!(value instanceof PanoramaError)) return value;
  return { code: value.code, message: value.message, remedy: value.remedy };
}
