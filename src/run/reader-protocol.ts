import { type ErrorCode, type ErrorDetails, PanoramaError } from "../errors.ts";
import type { RowRange } from "../load/load-ranges.ts";
import type { LoadedRows } from "../load/load-rows.ts";
import type { PeerLoad } from "../load/peer-readers.ts";
import type { DatasourceSettings, Settings } from "../settings/settings.ts";
import type { ReadingStage } from "../sources/source.ts";

/** What a reader thread is started with. Holds secrets; it goes from memory to memory. */
export interface ReaderStart {
  readonly settings: Settings;
  readonly datasource: DatasourceSettings;
  readonly run: string;
  readonly startedAt: string;
  /** How many threads write to the lake at once. */
  readonly writers: number;
  /** Whether the thread is to ask before it reads on. */
  readonly paced: boolean;
}

/** What a reader thread is told. */
export type ToReader =
  | { readonly kind: "open-snapshot" }
  | ({ readonly kind: "load" } & Pick<PeerLoad, "table" | "firstFileNumber" | "ofRanges">)
  /** The answer to `next-range`. */
  | { readonly kind: "range"; readonly range: RowRange | undefined }
  /** The answer to `may-read-on`, when it may. */
  | { readonly kind: "read-on" }
  | { readonly kind: "abort" }
  | { readonly kind: "close" };

/** What a reader thread tells. */
export type FromReader =
  | { readonly kind: "snapshot-opened"; readonly id: string }
  | { readonly kind: "next-range" }
  /** Asked now and then where the server may be too busy, which the run's main thread watches. */
  | { readonly kind: "may-read-on"; readonly stage: ReadingStage }
  | { readonly kind: "progress"; readonly rowCount: number; readonly byteCount: number }
  | { readonly kind: "loaded"; readonly rows: LoadedRows }
  /** `lost`: whether the reader's snapshot is gone, as of `Snapshot.isLost`. */
  | { readonly kind: "failed"; readonly error: SentError; readonly lost: boolean };

/** An error without what cannot be sent between threads. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

export function sendError(error: unknown): SentError {
  if (error instanceof PanoramaError) {
    return { code: error.code, message: error.message, details: error.details };
  }
  return {
    code: "BUG",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    details: {},
  };
}

export function receiveError(sent: SentError): PanoramaError {
  return new PanoramaError(sent.code, sent.message, sent.details);
}
