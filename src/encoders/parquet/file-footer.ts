import type { TableSchema } from "../../table/table-schema.ts";
import type { FileDetails } from "../encoder.ts";
import type { ChunkSummary } from "./column-chunk.ts";
import { codec, physicalTypeOf, writeSchemaElement } from "./physical-type.ts";
import { ThriftWriter } from "./thrift-compact.ts";

/** A column chunk as it lies in the file. */
export interface WrittenChunk {
  readonly summary: ChunkSummary;
  readonly dictionaryOffset: number | undefined;
  readonly dataOffset: number;
  readonly compressedBytes: number;
}

export interface WrittenRowGroup {
  readonly rowCount: number;
  readonly offset: number;
  readonly chunks: readonly WrittenChunk[];
}

/** The footer: FileMetaData, its length and the magic bytes. */
export function fileFooter(
  schema: TableSchema,
  rowGroups: readonly WrittenRowGroup[],
  details: FileDetails,
): Uint8Array {
  const thrift = new ThriftWriter();
  thrift.i32(1, 2);
  thrift.structs(2, [undefined, ...schema.columns], (column) => {
    if (column !== undefined) {
      writeSchemaElement(thrift, column.name, column.type);
      return;
    }
    thrift.text(4, "schema");
    thrift.i32(5, schema.columns.length);
  });
  thrift.i64(
    3,
    rowGroups.reduce((sum, group) => sum + group.rowCount, 0),
  );
  thrift.structs(4, rowGroups, (group) => writeRowGroup(thrift, schema, group));
  thrift.structs(5, metadata(schema, details), ([key, value]) => {
    thrift.text(1, key);
    thrift.text(2, value);
  });
  thrift.text(6, "panorama-elt");
  thrift.structs(7, schema.columns, () => thrift.struct(1, () => undefined));
  const body = thrift.stop();
  const footer = Buffer.alloc(body.length + 8);
  footer.set(body);
  footer.writeUInt32LE(body.length, body.length);
  footer.write("PAR1", body.length + 4, "latin1");
  return footer;
}

function metadata(schema: TableSchema, details: FileDetails): readonly (readonly [string, string])[] {
  const columns = schema.columns.map(({ name, nativeType }) => ({ name, nativeType }));
  return [
    ["panorama.source", schema.source],
    ["panorama.table", schema.table],
    ["panorama.columns", JSON.stringify(columns)],
    ["panorama.run", details.run],
    ["panorama.started_at", details.startedAt],
  ];
}

function writeRowGroup(thrift: ThriftWriter, schema: TableSchema, group: WrittenRowGroup): void {
  const sum = (of: (chunk: WrittenChunk) => number): number =>
    group.chunks.reduce((total, chunk) => total + of(chunk), 0);
  const columns = group.chunks.map((chunk, i) => ({ chunk, column: schema.columns[i] }));
  thrift.structs(1, columns, ({ chunk, column }) => {
    thrift.i64(2, chunk.dictionaryOffset ?? chunk.dataOffset);
    thrift.struct(3, () => {
      const { summary } = chunk;
      if (column === undefined) throw new RangeError("more column chunks than columns");
      thrift.i32(1, physicalTypeOf(column.type));
      thrift.i32s(2, summary.encodings);
      thrift.texts(3, [column.name]);
      thrift.i32(4, codec.zstd);
      thrift.i64(5, summary.valueCount);
      thrift.i64(6, summary.uncompressedBytes);
      thrift.i64(7, chunk.compressedBytes);
      thrift.i64(9, chunk.dataOffset);
      if (chunk.dictionaryOffset !== undefined) thrift.i64(11, chunk.dictionaryOffset);
      thrift.struct(12, () => {
        thrift.i64(3, summary.nullCount);
        if (summary.bounds === undefined) return;
        thrift.binary(5, summary.bounds.max);
        thrift.binary(6, summary.bounds.min);
      });
    });
  });
  thrift.i64(
    2,
    sum((chunk) => chunk.summary.uncompressedBytes),
  );
  thrift.i64(3, group.rowCount);
  thrift.i64(5, group.offset);
  thrift.i64(
    6,
    sum((chunk) => chunk.compressedBytes),
  );
}
