export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs what it is given, but no more than `count` at a time; the rest waits in order. */
export function atMost(count: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= count) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
