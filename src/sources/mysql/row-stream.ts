import { PanoramaError } from "../../errors.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import type { Column } from "../../table/table-schema.ts";
import { mysqlError } from "./mysql-errors.ts";
import type { WireConnection } from "./mysql-connection.ts";
import { DecoderLender } from "./decoder-lender.ts";
import type { BatchLimits, RowDecoder } from "./row-decoder.ts";
import { wireColumnAt, type WireOp, wireOpFor } from "./wire-op.ts";

/** mysql2's packet: the payload is `buffer[start + 4 .. end)`; the object is used again for the next one. */
interface WirePacket {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
  asError(encoding: string): Error;
}

const errorHeader = 0xff;
const endHeader = 0xfe;
const rowHeader = 0x00;
/** COM_STMT_EXECUTE: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html */
const executeCommand = 0x17;
/** Batches ready and not yet taken before the socket is paused. */
const readyLimit = 1;

/**
 * Executes a prepared statement and decodes its binary rows into batches. It is a command in mysql2's
 * queue (`execute` is called once to begin and then per packet, until it returns true).
 */
export class RowStream {
  readonly #connection: WireConnection;
  readonly #statementId: number;
  readonly #columns: readonly Column[];
  readonly #limits: BatchLimits;
  readonly #where: { readonly source: string; readonly table: string };
  readonly #lender: DecoderLender;

  #stage: "begin" | "header" | "columns" | "columns-end" | "rows" | "done" = "begin";
  #ops: { op: WireOp; type: Column["type"] }[] = [];
  #decoder: RowDecoder | undefined;
  #ready: RecordBatch[] = [];
  #failure: Error | undefined;
  #paused = false;
  #discarding = false;
  #anyRow = false;
  #wake: (() => void) | undefined;

  constructor(
    connection: WireConnection,
    statementId: number,
    columns: readonly Column[],
    limits: BatchLimits,
    where: { readonly source: string; readonly table: string },
    lender: DecoderLender = new DecoderLender(),
  ) {
    this.#connection = connection;
    this.#statementId = statementId;
    this.#columns = columns;
    this.#limits = limits;
    this.#where = where;
    this.#lender = lender;
  }

  /** Dates that became NULL so far, by column index. */
  invalidCounts(): readonly number[] {
    return this.#decoder?.columns.map((column) => column.invalidCount) ?? this.#columns.map(() => 0);
  }

  /**
   * All rows, once. Whoever leaves the loop early waits for the rest to go by unread, so that the connection
   * and its snapshot serve the next table; an abort ends the connection instead.
   */
  async *batches(signal: AbortSignal): AsyncGenerator<RecordBatch> {
    signal.throwIfAborted();
    const onAbort = (): void => this.#fail(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#connection.addCommand(this);
    try {
      for (;;) {
        const batch = this.#ready.shift();
        if (batch !== undefined) {
          if (this.#ready.length < readyLimit) this.#resume();
          yield batch;
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else if (this.#stage === "done") {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      if (this.#stage !== "done" && this.#failure === undefined) await this.#discardRest();
      signal.removeEventListener("abort", onAbort);
      const isWhole = this.#stage === "done" && this.#failure === undefined;
      if (isWhole && this.#decoder?.empty === true) this.#lender.giveBack(this.#decoder);
      // Destroyed, not ended: the server may have gigabytes to send before it notices an end.
      if (this.#stage !== "done") this.#connection.stream.destroy();
    }
  }

  /** Called by mysql2: without a packet to begin, then once per packet. True ends the command. */
  execute(packet: WirePacket | undefined, connection: WireConnection): boolean {
    if (packet === undefined) {
      connection._resetSequenceId();
      this.#sendExecute();
      this.#stage = "header";
      return false;
    }
    const first = packet.buffer[packet.start + 4];
    const length = packet.end - packet.start - 4;
    if (first === errorHeader) {
      this.#fail(this.#refusal(packet.asError("utf8")));
      this.#endStage();
      return true;
    }
    switch (this.#stage) {
      case "header":
        this.#stage = "columns";
        return false;
      case "columns":
        this.#acceptColumn(packet);
        return false;
      case "columns-end":
        this.#decoder = this.#lender.lend(this.#ops, this.#limits);
        // Rows are copied out at once; mysql2 keeps bytes of other packets.
        this.#connection.stream.reusesBytes = true;
        this.#stage = "rows";
        return false;
      case "begin":
      case "rows":
      case "done":
        if (first === endHeader && length < 9) return this.#end();
        if (first !== rowHeader) throw this.#cutShort("server sent a packet that is no row");
        this.#acceptRow(packet);
        return false;
    }
  }

  /** Called by mysql2 when the connection is lost. */
  onResult(error: Error | null): void {
    // What `execute` throws comes back here.
    const thrown =
      error instanceof PanoramaError || error instanceof RangeError || error instanceof TypeError;
    if (thrown) this.#fail(error);
    else this.#fail(this.#cutShort(`connection was lost (${error?.message ?? "no reason given"})`, error));
  }

  /** An error in the place of a further row means that the table ended too early, whatever the server's reason. */
  #refusal(error: Error): PanoramaError {
    if (this.#anyRow) return this.#cutShort(`server reported: ${error.message}`, error);
    return mysqlError(error, `Cannot read ${this.#where.table}`, this.#where);
  }

  async #discardRest(): Promise<void> {
    this.#discarding = true;
    this.#ready = [];
    this.#resume();
    while (!this.#finished()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #finished(): boolean {
    return this.#stage === "done" || this.#failure !== undefined;
  }

  #sendExecute(): void {
    const buffer = Buffer.alloc(14);
    buffer.writeUInt8(executeCommand, 4);
    buffer.writeUInt32LE(this.#statementId, 5);
    buffer.writeUInt32LE(1, 10); // iteration count, always 1; no cursor, no parameters
    this.#connection.writePacket({
      buffer,
      length: () => buffer.length,
      writeHeader: (sequence) => {
        buffer.writeUIntLE(buffer.length - 4, 0, 3);
        buffer.writeUInt8(sequence, 3);
      },
    });
  }

  #acceptColumn({ buffer, end }: WirePacket): void {
    const column = this.#columns[this.#ops.length];
    if (column === undefined) throw this.#cutShort("server sent more columns than were asked for");
    const op = wireOpFor(wireColumnAt(buffer, end), column.type);
    if (op === undefined) {
      throw new PanoramaError(
        "SOURCE_FAILED",
        `Column ${column.name} of ${this.#where.table} changed its type while it was being read`,
        { ...this.#where, column: column.name },
      );
    }
    this.#ops.push({ op, type: column.type });
    if (this.#ops.length === this.#columns.length) this.#stage = "columns-end";
  }

  #acceptRow({ buffer, start, end }: WirePacket): void {
    this.#anyRow = true;
    if (this.#discarding) return;
    const decoder = this.#decoder as RowDecoder;
    decoder.decode(buffer, start + 4, end);
    if (decoder.full) this.#offer(decoder.take());
  }

  #end(): boolean {
    const decoder = this.#decoder as RowDecoder;
    if (!decoder.empty && !this.#discarding) this.#offer(decoder.take());
    this.#endStage();
    this.#resume();
    this.#notify();
    return true;
  }

  #endStage(): void {
    this.#stage = "done";
    this.#connection.stream.reusesBytes = false;
  }

  #offer(batch: RecordBatch): void {
    this.#ready.push(batch);
    if (this.#ready.length >= readyLimit && !this.#paused) {
      this.#paused = true;
      this.#connection.stream.pause();
    }
    this.#notify();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#connection.stream.resume();
  }

  #fail(reason: Error): void {
    this.#failure ??= reason;
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #cutShort(what: string, cause?: Error | null): PanoramaError {
    return new PanoramaError(
      "SOURCE_CUT_SHORT",
      `Reading ${this.#where.table} ended early: the ${what}`,
      this.#where,
      cause == null ? {} : { cause },
    );
  }
}
