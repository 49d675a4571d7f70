import { PanoramaError } from "../../errors.ts";

/** Glue and Athena allow some calls at once, and a few are as fast as many. */
const stepsAtOnce = 4;

/** Takes the steps side by side and returns how some failed, which keeps no other from being taken. */
export async function runSteps(
  steps: readonly (() => Promise<void>)[],
  signal: AbortSignal | undefined,
): Promise<readonly PanoramaError[]> {
  const left = [...steps];
  const failures: PanoramaError[] = [];
  const work = async (): Promise<void> => {
    for (let step = left.shift(); step !== undefined; step = left.shift()) {
      try {
        await step();
      } catch (error) {
        if (!(error instanceof PanoramaError) || signal?.aborted === true) {
          left.length = 0;
          throw error;
        }
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: stepsAtOnce }, work));
  return failures;
}
