import { setTimeout as delay } from "node:timers/promises";
import { PanoramaError } from "../../errors.ts";
import type { ReadingStage, SourceNotice } from "../source.ts";
import { findExcess, type MaxLoad, type ServerLoad } from "./max-load.ts";
import { type MysqlOptions, place } from "./mysql-connection.ts";
import { type MysqlSession, openMysqlSession } from "./mysql-session.ts";
import { readReplication } from "./replication.ts";

export interface WatchTimes {
  /** How often the server is asked at most; a reader that comes earlier goes on unasked. */
  readonly lookMillis: number;
  /** How long a reader is kept waiting at once within a statement, and then reads on at least. */
  readonly heldMillis: number;
  /** How long the server may take to answer. */
  readonly answerMillis: number;
}

const usualTimes: WatchTimes = { lookMillis: 2_000, heldMillis: 30_000, answerMillis: 15_000 };
/** A server at its bound lets readers go on and stops them every few seconds, which is told once in a while. */
const tellMillis = 60_000;

/** What a watch knows beyond one opening of its source: where a run opens it anew, the next watch goes on with it. */
export interface WatchMemory {
  waitedMillis: number;
  gaveUp: boolean;
  toldAt: number;
  readonly warned: Set<"asking" | "lag">;
}

export function newWatchMemory(): WatchMemory {
  return { waitedMillis: 0, gaveUp: false, toldAt: -Infinity, warned: new Set() };
}

/** What was seen at the server, and why that is to be waited for; undefined where it is not. */
export interface Seen {
  readonly reason: string | undefined;
}

/**
 * Keeps readers of a server waiting while it has more to do than it may have. Has a connection of its own, which is
 * opened with the first look. Where the server cannot be asked nobody waits, which is told once.
 */
export class LoadWatch implements AsyncDisposable {
  readonly #options: MysqlOptions;
  readonly #most: MaxLoad;
  readonly #tell: (notice: SourceNotice) => void;
  readonly #memory: WatchMemory;
  readonly #times: WatchTimes;
  #asking: { readonly session: Promise<MysqlSession>; readonly ending: AbortController } | undefined;
  #passing: Promise<boolean> | undefined;
  #waiting = 0;
  #lookedAt = -Infinity;
  #readOnUntil = -Infinity;
  #pauses = 0;
  #pausedMillis = 0;

  constructor(
    options: MysqlOptions,
    most: MaxLoad,
    tell: (notice: SourceNotice) => void,
    memory: WatchMemory = newWatchMemory(),
    times: WatchTimes = usualTimes,
  ) {
    this.#options = options;
    this.#most = most;
    this.#tell = tell;
    this.#memory = memory;
    this.#times = times;
  }

  /**
   * Resolves when reading may go on; to whether it has been waited for. `ownThreads`: how many statements of this program
   * may run at the server now.
   *
   * A reader within a statement waits no longer than it reads. Its table is locked against ALTER TABLE: one that waits for
   * the lock, and all that wait behind it, are themselves the threads that would keep the reader waiting.
   */
  async pass(ownThreads: number, signal: AbortSignal, stage: ReadingStage): Promise<boolean> {
    if (stage === "within" && performance.now() < this.#readOnUntil) return false;
    if (this.#passing === undefined) {
      const looked = performance.now() - this.#lookedAt < this.#times.lookMillis;
      if (this.#memory.gaveUp || looked) return false;
      this.#passing = this.#passWhenQuiet(ownThreads, signal).finally(() => {
        this.#passing = undefined;
      });
    }
    this.#waiting++;
    try {
      return await (stage === "within" ? this.#notForLong(this.#passing) : this.#passing);
    } finally {
      this.#waiting--;
    }
  }

  /** Looks until there is no reason to wait, or `max_wait` is over; resolves to what was seen last. */
  async hold<What extends Seen>(
    look: () => Promise<What>,
    signal: AbortSignal,
    isWaitedFor: () => boolean = () => true,
  ): Promise<What> {
    let seen = await look();
    if (seen.reason === undefined || this.#hasWaitedEnough()) return seen;
    this.#tellPause(seen.reason);
    while (seen.reason !== undefined && !this.#hasWaitedEnough() && isWaitedFor()) {
      const began = performance.now();
      await pause(this.#times.lookMillis, signal);
      seen = await look();
      const waitedMillis = performance.now() - began;
      this.#pausedMillis += waitedMillis;
      this.#memory.waitedMillis += waitedMillis;
    }
    return seen;
  }

  /** Closes the connection, and tells how long readers have waited in all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hangUp();
    if (this.#pauses === 0) return;
    const pausedMillis = Math.round(this.#pausedMillis);
    const times = `${this.#pauses} time${this.#pauses === 1 ? "" : "s"}`;
    const message = `paused ${times}, ${(pausedMillis / 1000).toFixed(1)} s in all, for max_load`;
    this.#tell({ kind: "notice", message, pausedMillis });
  }

  async #passWhenQuiet(ownThreads: number, signal: AbortSignal): Promise<boolean> {
    const pausesBefore = this.#pauses;
    const look = async (): Promise<Seen> => ({ reason: await this.#look(ownThreads, signal) });
    const { reason } = await this.hold(look, signal, () => this.#waiting > 0);
    if (reason !== undefined && this.#hasWaitedEnough()) {
      this.#memory.gaveUp = true;
      const waited = `it was waited for ${this.#most.maxWaitSeconds} s in all (max_wait), and is waited for no longer`;
      this.#tell({ kind: "warning", message: `${reason}: ${waited}` });
    }
    return this.#pauses > pausesBefore;
  }

  async #notForLong(passing: Promise<boolean>): Promise<boolean> {
    const { heldMillis } = this.#times;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => {
        this.#readOnUntil = performance.now() + heldMillis;
        resolve(true);
      }, heldMillis);
    });
    return Promise.race([passing, enough]).finally(() => clearTimeout(timer));
  }

  #hasWaitedEnough(): boolean {
    return this.#memory.waitedMillis >= this.#most.maxWaitSeconds * 1000;
  }

  #tellPause(reason: string): void {
    this.#pauses++;
    if (performance.now() - this.#memory.toldAt < tellMillis) return;
    this.#memory.toldAt = performance.now();
    this.#tell({ kind: "notice", message: `paused: ${reason}` });
  }

  /** Asks the server; what is above its bound, undefined for nothing. */
  async #look(ownThreads: number, signal: AbortSignal): Promise<string | undefined> {
    const timer = setTimeout(() => this.#asking?.ending.abort(this.#silence()), this.#times.answerMillis);
    try {
      return findExcess(await this.#readLoad(ownThreads, signal), this.#most);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PanoramaError)) throw error;
      this.#warn(
        "asking",
        `max_load cannot be kept to, because the server cannot be asked: ${error.message}`,
      );
      // A connection that was lost is opened anew with the next look.
      await this.#hangUp();
      return undefined;
    } finally {
      clearTimeout(timer);
      this.#lookedAt = performance.now();
    }
  }

  #silence(): PanoramaError {
    const seconds = this.#times.answerMillis / 1000;
    const message = `${place(this.#options)} has not answered for ${seconds} s`;
    return new PanoramaError("SOURCE_UNREACHABLE", message, { source: this.#options.name });
  }

  async #readLoad(ownThreads: number, signal: AbortSignal): Promise<ServerLoad> {
    const session = await this.#session(signal);
    const { threadsRunning, replicaLagSeconds } = this.#most;
    return {
      threadsRunning:
        threadsRunning === undefined ? undefined : Math.max(0, (await readThreads(session)) - 1 - ownThreads),
      replicaLagSeconds: replicaLagSeconds === undefined ? undefined : await this.#readLag(session),
    };
  }

  #session(signal: AbortSignal): Promise<MysqlSession> {
    if (this.#asking === undefined) {
      const ending = new AbortController();
      const session = openMysqlSession(this.#options, AbortSignal.any([signal, ending.signal]));
      this.#asking = { session, ending };
    }
    return this.#asking.session;
  }

  async #readLag(session: MysqlSession): Promise<number | undefined> {
    const replication = await readReplication(session);
    if (replication.kind === "unseen") {
      this.#warn("lag", `replica_lag cannot be kept to: ${whyUnseen(replication.refusal)}`);
    } else if (replication.kind === "none") {
      this.#warn("lag", "replica_lag cannot be kept to: the server that is read is no replica");
    } else if (replication.lagSeconds === undefined) {
      this.#warn("lag", "replica_lag cannot be kept to while the replica does not know how far it is behind");
    } else {
      return replication.lagSeconds;
    }
    return undefined;
  }

  #warn(about: "asking" | "lag", message: string): void {
    if (this.#memory.warned.has(about)) return;
    this.#memory.warned.add(about);
    this.#tell({ kind: "warning", message });
  }

  async #hangUp(): Promise<void> {
    const opened = await this.#asking?.session.catch(() => undefined);
    this.#asking = undefined;
    await opened?.[Symbol.asyncDispose]();
  }
}

function whyUnseen({ code, message }: PanoramaError): string {
  return code === "SOURCE_DENIED"
    ? "the account lacks REPLICATION CLIENT, or on MariaDB REPLICA MONITOR"
    : message;
}

/** The thread that answers is among them: https://dev.mysql.com/doc/refman/8.4/en/server-status-variables.html#statvar_Threads_running */
async function readThreads(session: MysqlSession): Promise<number> {
  const [row] = await session.query("SHOW GLOBAL STATUS LIKE 'Threads_running'");
  return Number(row?.["Value"] ?? 0);
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await delay(millis, undefined, { signal }).catch(() => signal.throwIfAborted());
}
