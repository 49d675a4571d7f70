/** Why the AbortController of the command line was aborted. */
export class StopSignal extends Error {
  readonly signal: "SIGINT" | "SIGTERM";

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`Stopped by ${signal}`);
    this.name = "AbortError";
    this.signal = signal;
  }

  /** As shells count: 128 and the signal's number. */
  get exitCode(): number {
    return this.signal === "SIGINT" ? 130 : 143;
  }
}

/** The exit code of a command that was stopped, or undefined when it was not. */
export function stoppedExitCode(signal: AbortSignal): number | undefined {
  if (!signal.aborted) return undefined;
  const reason: unknown = signal.reason;
  return reason instanceof StopSignal ? reason.exitCode : 130;
}
