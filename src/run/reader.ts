import { once } from "node:events";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { batchesOf, loadHereOf, type RowRange } from "../load/load-ranges.ts";
import type { LoadedRows } from "../load/load-rows.ts";
import { openReading } from "../load/open-table-to-load.ts";
import { type OpenedLake, openLake, openSource } from "../open.ts";
import type { ReadingStage, Snapshot, Source } from "../sources/source.ts";
import { type FromReader, type ReaderStart, sendError, type ToReader } from "./reader-protocol.ts";

/*
 * A reader thread: it has a connection, a snapshot and an encoder of its own, and loads the ranges of tables
 * that the run's main thread hands out. One thing at a time, in the order of the messages.
 */

const port = parentPort as MessagePort;
const start = workerData as ReaderStart;
const abort = new AbortController();
let source: Source | undefined;
let snapshot: Snapshot | undefined;
let lake: OpenedLake | undefined;
let readOn: (() => void) | undefined;
let askedAt = -Infinity;

/** A message now and then is enough: the server is not looked at more often. */
const askMillis = 1_000;

port.on("message", (message: ToReader) => {
  if (message.kind === "abort") abort.abort(new Error("the run was stopped"));
  if (message.kind === "close") void close();
  if (message.kind === "read-on") readOn?.();
  if (message.kind === "open-snapshot") void answer(openSnapshot);
  if (message.kind === "load") void answer(() => load(message));
});

function tell(message: FromReader): void {
  port.postMessage(message);
}

async function answer(work: () => Promise<FromReader>): Promise<void> {
  try {
    tell(await work());
  } catch (error) {
    const lost = (await snapshot?.isLost?.()) ?? false;
    tell({ kind: "failed", error: sendError(error), lost });
  }
}

async function openSnapshot(): Promise<FromReader> {
  await snapshot?.[Symbol.asyncDispose]();
  source ??= await openSource(start.datasource, undefined, { pace });
  snapshot = await source.openSnapshot(abort.signal);
  return { kind: "snapshot-opened", id: snapshot.id };
}

async function pace(_signal: AbortSignal, stage: ReadingStage): Promise<void> {
  if (!start.paced || performance.now() - askedAt < askMillis) return;
  const allowed = new Promise<void>((resolve) => {
    readOn = resolve;
  });
  tell({ kind: "may-read-on", stage });
  await allowed;
  askedAt = performance.now();
}

async function load({
  table,
  firstFileNumber,
  ofRanges,
}: Extract<ToReader, { kind: "load" }>): Promise<FromReader> {
  lake ??= await openLake(start.settings, start.writers);
  const { encoder, store, place, checkFiles } = lake;
  const reading = await openReading(snapshot as Snapshot, table);
  const details = { run: start.run, startedAt: start.startedAt };
  const parts = { encoder, store, place, details, check: checkFiles };
  const rows = await loadHereOf(
    reading,
    table,
    parts,
    ofRanges,
  )(batchesOf(reading, nextRange, abort.signal), firstFileNumber, (rowCount, byteCount) =>
    tell({ kind: "progress", rowCount, byteCount }),
  );
  const sent: LoadedRows = { ...rows, alterations: [...rows.alterations, ...reading.alterations()] };
  return { kind: "loaded", rows: sent };
}

async function nextRange(): Promise<RowRange | undefined> {
  tell({ kind: "next-range" });
  for (;;) {
    const [message] = (await once(port, "message")) as [ToReader];
    if (message.kind === "range") return message.range;
    if (message.kind === "abort") abort.signal.throwIfAborted();
  }
}

async function close(): Promise<void> {
  await snapshot?.[Symbol.asyncDispose]();
  await source?.[Symbol.asyncDispose]();
  port.close();
}
