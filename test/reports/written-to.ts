import { Writable } from "node:stream";
import type { Clock } from "../../src/reports/clock.ts";

/** A stream that remembers each write. */
export class Written extends Writable {
  readonly writes: string[] = [];

  get text(): string {
    return this.writes.join("");
  }

  get lines(): readonly string[] {
    return this.text.split("\n").slice(0, -1);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString());
    done();
  }
}

export interface HeldClock extends Clock {
  /** Lets time pass; what is due along the way runs. */
  pass(millis: number): void;
}

export function heldClock(start: string): HeldClock {
  let now = Date.parse(start);
  let ticking: { readonly millis: number; readonly action: () => void; next: number } | undefined;
  return {
    now: () => now,
    every(millis, action) {
      ticking = { millis, action, next: now + millis };
      return () => {
        ticking = undefined;
      };
    },
    pass(millis) {
      const end = now + millis;
      while (ticking !== undefined && ticking.next <= end) {
        now = ticking.next;
        ticking.next += ticking.millis;
        ticking.action();
      }
      now = end;
    },
  };
}
