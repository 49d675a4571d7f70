import { setTimeout as delay } from "node:timers/promises";
import { PanoramaError } from "../../errors.ts";
import type { SourceNotice } from "../source.ts";
import { findExcess, type MaxLoad, type ServerLoad } from "./max-load.ts";
import type { MysqlOptions } from "./mysql-connection.ts";
import { type MysqlSession, openMysqlSession } from "./mysql-session.ts";
import { readReplication } from "./replication.ts";

const usualLookMillis = 2_000;
/** A server at its bound lets readers go on and stops them every few seconds, which is told once in a while. */
const tellMillis = 60_000;

/**
 * Keeps readers of a server waiting while it has more to do than it may have. Has a connection of its own, which is
 * opened with the first look. Where the server cannot be asked nobody waits, which is told once.
 */
export class LoadWatch implements AsyncDisposable {
  readonly #options: MysqlOptions;
  readonly #most: MaxLoad;
  readonly #tell: (notice: SourceNotice) => void;
  readonly #lookMillis: number;
  #asking: Promise<MysqlSession> | undefined;
  #passing: Promise<void> | undefined;
  #lookedAt = -Infinity;
  #toldAt = -Infinity;
  #pauses = 0;
  #pausedMillis = 0;
  #gaveUp = false;
  readonly #warned = new Set<"asking" | "lag">();

  /** `lookMillis`: how often the server is asked at most; a reader that comes earlier goes on unasked. */
  constructor(
    options: MysqlOptions,
    most: MaxLoad,
    tell: (notice: SourceNotice) => void,
    lookMillis: number = usualLookMillis,
  ) {
    this.#options = options;
    this.#most = most;
    this.#tell = tell;
    this.#lookMillis = lookMillis;
  }

  /** Resolves when reading may go on. `ownThreads`: how many statements of this program may run at the server now. */
  async pass(ownThreads: number, signal: AbortSignal): Promise<void> {
    if (this.#passing === undefined) {
      if (this.#gaveUp || performance.now() - this.#lookedAt < this.#lookMillis) return;
      this.#passing = this.#wait(ownThreads, signal).finally(() => {
        this.#passing = undefined;
      });
    }
    await this.#passing;
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

  async #wait(ownThreads: number, signal: AbortSignal): Promise<void> {
    let excess = await this.#look(ownThreads, signal);
    if (excess === undefined) return;
    if (!this.#hasWaitedEnough()) this.#tellPause(excess);
    while (excess !== undefined && !this.#hasWaitedEnough()) {
      const began = performance.now();
      await pause(this.#lookMillis, signal);
      excess = await this.#look(ownThreads, signal);
      this.#pausedMillis += performance.now() - began;
    }
    if (excess === undefined) return;
    this.#gaveUp = true;
    const waited = `it was waited for ${this.#most.maxWaitSeconds} s in all (max_wait), and is waited for no longer`;
    this.#tell({ kind: "warning", message: `${excess}: ${waited}` });
  }

  #hasWaitedEnough(): boolean {
    return this.#pausedMillis >= this.#most.maxWaitSeconds * 1000;
  }

  #tellPause(excess: string): void {
    this.#pauses++;
    if (performance.now() - this.#toldAt < tellMillis) return;
    this.#toldAt = performance.now();
    this.#tell({ kind: "notice", message: `paused: ${excess}` });
  }

  /** Asks the server; what is above its bound, undefined for nothing. */
  async #look(ownThreads: number, signal: AbortSignal): Promise<string | undefined> {
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
      this.#lookedAt = performance.now();
    }
  }

  async #readLoad(ownThreads: number, signal: AbortSignal): Promise<ServerLoad> {
    this.#asking ??= openMysqlSession(this.#options, signal);
    const session = await this.#asking;
    const { threadsRunning, replicaLagSeconds } = this.#most;
    return {
      threadsRunning:
        threadsRunning === undefined ? undefined : Math.max(0, (await readThreads(session)) - 1 - ownThreads),
      replicaLagSeconds: replicaLagSeconds === undefined ? undefined : await this.#readLag(session),
    };
  }

  async #readLag(session: MysqlSession): Promise<number | undefined> {
    const replication = await readReplication(session);
    if (replication.kind === "unseen") {
      this.#warn(
        "lag",
        "replica_lag cannot be kept to: the account lacks REPLICATION CLIENT, or on MariaDB REPLICA MONITOR",
      );
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
    if (this.#warned.has(about)) return;
    this.#warned.add(about);
    this.#tell({ kind: "warning", message });
  }

  async #hangUp(): Promise<void> {
    const opened = await this.#asking?.catch(() => undefined);
    this.#asking = undefined;
    await opened?.[Symbol.asyncDispose]();
  }
}

/** The thread that answers is among them: https://dev.mysql.com/doc/refman/8.4/en/server-status-variables.html#statvar_Threads_running */
async function readThreads(session: MysqlSession): Promise<number> {
  const [row] = await session.query("SHOW GLOBAL STATUS LIKE 'Threads_running'");
  return Number(row?.["Value"] ?? 0);
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await delay(millis, undefined, { signal }).catch(() => signal.throwIfAborted());
}
