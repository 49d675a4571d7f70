import { resolve } from "node:path";
import type { Contender } from "./contender.ts";
import type { CountedRun } from "./figures.ts";
import { type Measured, measureChild } from "./measured-child.ts";

type Tell = (notice: string) => void;

const versionRuns = 10;

/** A first round to warm up, then those that count; each contender once in each, side by side. */
export async function runRounds(
  contenders: readonly Contender[],
  rounds: number,
  signal: AbortSignal,
  tell: Tell,
): Promise<ReadonlyMap<string, readonly CountedRun[]>> {
  const runs = new Map<string, CountedRun[]>();
  const failed = new Set<string>();
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      const { name, once, required } = contender;
      if (failed.has(name) || (once && round < rounds)) continue;
      try {
        const measured = await runOnce(contender, round === 0 ? "warm-up" : `round ${round}`, signal, tell);
        if (round > 0) runs.set(name, [...(runs.get(name) ?? []), { round, ...measured }]);
      } catch (error) {
        if (required || signal.aborted) throw error;
        failed.add(name);
        tell(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return runs;
}

export async function runOnce(
  contender: Contender,
  round: string,
  signal: AbortSignal,
  tell: Tell,
): Promise<Measured> {
  await contender.prepare();
  const measured = await measureChild(contender.command, signal);
  const peak = measured.peakBytes === undefined ? "" : `, ${(measured.peakBytes / 1e6).toFixed(0)} MB`;
  tell(`${round}: ${contender.name} ${measured.seconds.toFixed(2)} s${peak}`);
  return measured;
}

/** By the launcher; what it does on first use is done before. */
export async function timeVersion(signal: AbortSignal): Promise<readonly number[]> {
  const command = { program: resolve("panorama"), words: ["--version"] };
  await measureChild(command, signal);
  const times: number[] = [];
  for (let run = 0; run < versionRuns; run++) times.push((await measureChild(command, signal)).seconds);
  return times;
}
