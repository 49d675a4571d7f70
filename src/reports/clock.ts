/** The time as reporters need it, so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `action` again and again until the returned function is called; never keeps the process alive. */
  every(millis: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  every(millis, action) {
    const timer = setInterval(action, millis);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  },
};
