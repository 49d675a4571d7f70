import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { PanoramaError } from "../errors.ts";
import { worthSharingRows } from "../load/load-ranges.ts";
import type { LoadedRows } from "../load/load-rows.ts";
import type { PeerLoad, PeerReaders } from "../load/peer-readers.ts";
import type { Settings } from "../settings/settings.ts";
import type { Pace, ReadingStage, Source } from "../sources/source.ts";
import type { SelectedTables } from "./select-tables.ts";
import { type FromReader, type ReaderStart, receiveError, type ToReader } from "./reader-protocol.ts";

/** More readers than this wait for the server rather than for each other. */
const readerLimit = 4;
const closeMillis = 5_000;

/**
 * How many connections read a large table at once: what the settings say, else half the processors of this
 * machine, since the server or the encoders need the others.
 */
function readerCount(parallelReads: number | undefined): number {
  return parallelReads ?? Math.max(1, Math.min(readerLimit, Math.floor(availableParallelism() / 2)));
}

/** How many threads may write to the lake at once, this one included. */
export function mostReaders(selected: readonly SelectedTables[], { datalake }: Settings): number {
  if (datalake.format !== "parquet") return 1;
  const counts = selected.map(({ datasource }) =>
    datasource.type === "mysql" ? readerCount(datasource.parallelReads) : 1,
  );
  return Math.max(1, ...counts);
}

/** Starts reader threads for a datasource with a large table, where there is more than one reader. */
export async function openReaderThreads(
  source: Source,
  { datasource, tables }: SelectedTables,
  start: Omit<ReaderStart, "datasource" | "writers" | "paced">,
  signal: AbortSignal,
): Promise<PeerReaders | undefined> {
  if (datasource.type !== "mysql" || start.settings.datalake.format !== "parquet") return undefined;
  const readers = readerCount(datasource.parallelReads);
  if (readers < 2) return undefined;
  const estimates = await source.estimateRowCounts(tables.map(({ name }) => name));
  if (![...estimates.values()].some((rowCount) => rowCount >= worthSharingRows)) return undefined;
  const threads = Array.from(
    { length: readers - 1 },
    () =>
      new ReaderThread(
        { ...start, datasource, writers: readers, paced: source.pace !== undefined },
        source.pace,
        signal,
      ),
  );
  return {
    count: threads.length,
    openSnapshots: () => Promise.all(threads.map((thread) => thread.openSnapshot())),
    load: (peer, load) => (threads[peer] as ReaderThread).load(load),
    isLost: (error) => threads.some((thread) => thread.isLost(error)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** One reader thread, asked one thing at a time. */
class ReaderThread {
  readonly #worker: Worker;
  readonly #pace: Pace | undefined;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#tell({ kind: "abort" });
  #settle: { resolve: (message: FromReader) => void; reject: (error: Error) => void } | undefined;
  #load: PeerLoad | undefined;
  #ended = false;
  #lostBy: Error | undefined;

  constructor(start: ReaderStart, pace: Pace | undefined, signal: AbortSignal) {
    this.#worker = new Worker(new URL("./read-worker.js", import.meta.url), { workerData: start });
    this.#pace = pace;
    this.#signal = signal;
    this.#worker.on("message", (message: FromReader) => this.#receive(message));
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", () => this.#end(new Error("a reader thread ended by itself")));
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  async openSnapshot(): Promise<string> {
    const answer = await this.#ask({ kind: "open-snapshot" });
    return answer.kind === "snapshot-opened" ? answer.id : unexpected(answer);
  }

  async load(load: PeerLoad): Promise<LoadedRows> {
    this.#load = load;
    const { table, firstFileNumber, ofRanges } = load;
    const answer = await this.#ask({ kind: "load", table, firstFileNumber, ofRanges });
    return answer.kind === "loaded" ? answer.rows : unexpected(answer);
  }

  isLost(error: unknown): boolean {
    return this.#lostBy !== undefined && this.#lostBy === error;
  }

  /** Lets a thread that was told to stop remove what it has begun, but does not wait for ever. */
  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#onAbort);
    if (this.#ended) return;
    const exited = once(this.#worker, "exit");
    this.#tell({ kind: "close" });
    const timer = setTimeout(() => void this.#worker.terminate(), closeMillis);
    await exited;
    clearTimeout(timer);
  }

  #ask(message: ToReader): Promise<FromReader> {
    if (this.#ended) return Promise.reject(new Error("the reader thread has ended"));
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#tell(message);
    });
  }

  #tell(message: ToReader): void {
    if (!this.#ended) this.#worker.postMessage(message);
  }

  #receive(message: FromReader): void {
    if (message.kind === "next-range") this.#tell({ kind: "range", range: this.#load?.nextRange() });
    else if (message.kind === "may-read-on") void this.#letReadOn(message.stage);
    else if (message.kind === "progress") this.#load?.onProgress(message.rowCount, message.byteCount);
    else if (message.kind === "failed") this.#fail(receiveError(message.error), message.lost);
    else this.#resolve(message);
  }

  #fail(error: Error, lost: boolean): void {
    if (lost) this.#lostBy = error;
    this.#reject(error);
  }

  async #letReadOn(stage: ReadingStage): Promise<void> {
    // What keeps it from being known keeps nobody from reading: a run that was stopped has told the thread so.
    await this.#pace?.(this.#signal, stage).catch(() => undefined);
    this.#tell({ kind: "read-on" });
  }

  #resolve(message: FromReader): void {
    this.#settle?.resolve(message);
    this.#settle = undefined;
  }

  #reject(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = undefined;
  }

  #end(error: Error): void {
    this.#ended = true;
    this.#reject(error);
  }
}

function unexpected(answer: FromReader): never {
  throw new PanoramaError("BUG", `A reader thread answered ${answer.kind} out of turn`);
}
