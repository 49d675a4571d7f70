import type { SnapshotPeers } from "../sources/source.ts";
import type { RowRange } from "./load-ranges.ts";
import type { LoadedRows } from "./load-rows.ts";
import type { TableToLoad } from "./table-to-load.ts";

/** What a peer is to load of a table. */
export interface PeerLoad {
  readonly table: TableToLoad;
  readonly firstFileNumber: number;
  /** As of `LoadTarget`. */
  readonly ofRanges: boolean;
  /** Hands out the next range of the table, to whichever reader asks first; undefined when all are given. */
  readonly nextRange: () => RowRange | undefined;
  /** Told now and then, with the peer's totals so far. */
  readonly onProgress: (rowCount: number, byteCount: number) => void;
}

/** Readers in other threads, each with a connection, a snapshot and an encoder of its own. */
export interface PeerReaders extends SnapshotPeers, AsyncDisposable {
  /** Loads ranges with peer number `peer`, which does nothing else meanwhile. */
  load(peer: number, load: PeerLoad): Promise<LoadedRows>;

  /** Whether a peer has failed with this error after its connection was lost, and with it the moment that all read. */
  isLost(error: unknown): boolean;
}
