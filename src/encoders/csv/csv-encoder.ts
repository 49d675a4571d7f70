import { ColumnBuilder } from "../../table/column-builder.ts";
import type { RecordBatch } from "../../table/record-batch.ts";
import type { TableSchema } from "../../table/table-schema.ts";
import type { ByteSink, Encoder, FileEncoder, FileSummary } from "../encoder.ts";
import { PieceBuffers } from "./piece-buffers.ts";
import { RowWriter } from "./row-writer.ts";

/**
 * CSV as Athena's OpenCSVSerde reads it: a header row, commas, lines that end in CRLF. NULL is the bare word `NULL`.
 * A text stands in double quotes unless it is plain, with a backslash before `"` and `\`. One line is one row, so a
 * line break in a text becomes the two characters `\n` or `\r`. Bytes are lower-case hexadecimal.
 *
 * A batch is written out before `append` resolves: an open file holds no bytes, and a table's files share a few MB.
 */
export const csvEncoder: Encoder = {
  format: "csv",
  async openTable(schema) {
    const header = spellHeader(schema);
    const buffers = new PieceBuffers();
    return {
      openFile: (sink) => new CsvFile(schema, header, sink, buffers),
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};

class CsvFile implements FileEncoder {
  readonly #header: Uint8Array;
  readonly #sink: ByteSink;
  readonly #buffers: PieceBuffers;
  readonly #rows: RowWriter;
  #rowCount = 0;
  #byteCount = 0;

  constructor(schema: TableSchema, header: Uint8Array, sink: ByteSink, buffers: PieceBuffers) {
    this.#header = header;
    this.#sink = sink;
    this.#buffers = buffers;
    this.#rows = new RowWriter(schema);
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  async append(batch: RecordBatch): Promise<void> {
    try {
      await this.#writeHeader();
      await this.#writeRows(batch);
    } finally {
      batch.release();
    }
  }

  async finish(): Promise<FileSummary> {
    await this.#writeHeader();
    return { rowCount: this.#rowCount, byteCount: this.#byteCount, alterations: this.#rows.alterations };
  }

  async #writeHeader(): Promise<void> {
    if (this.#byteCount === 0) {
      this.#byteCount = this.#header.length;
      await this.#sink.write(this.#header);
    }
  }

  /** Makes each piece while the one before is on its way. */
  async #writeRows(batch: RecordBatch): Promise<void> {
    this.#rows.begin(batch);
    let written: Promise<void> = Promise.resolve();
    for (let piece = this.#rows.writePiece(); piece !== undefined; piece = this.#rows.writePiece()) {
      this.#byteCount += piece.length;
      const copy = this.#buffers.copy(piece);
      await written;
      written = this.#sink.write(copy).then(() => this.#buffers.giveBack(copy));
    }
    await written;
    this.#rowCount += batch.rowCount;
  }
}

/** The names as a row of texts, spelled like every other row. */
function spellHeader(schema: TableSchema): Uint8Array {
  const rows = new RowWriter({
    ...schema,
    columns: schema.columns.map((column) => ({ ...column, type: { kind: "text" } })),
  });
  const columns = schema.columns.map(({ name }) => {
    const builder = new ColumnBuilder({ kind: "text" });
    builder.appendText(name);
    return builder.finish();
  });
  rows.begin({ rowCount: 1, byteCount: 0, columns, release: () => undefined });
  const pieces: Uint8Array[] = [];
  for (let piece = rows.writePiece(); piece !== undefined; piece = rows.writePiece()) {
    pieces.push(piece.slice());
  }
  return Buffer.concat(pieces);
}
