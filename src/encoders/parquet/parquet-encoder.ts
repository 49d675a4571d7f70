import type { Encoder } from "../encoder.ts";
import type { ColumnHint } from "./column-chunk.ts";
import { PageFactory } from "./page-factory.ts";
import { ParquetFile } from "./parquet-file.ts";
import { ParquetReadBack } from "./parquet-read-back.ts";
import { type Decompress, openUnzstd, openZstd } from "./zstd.ts";

let unzstd: Decompress | undefined;

/**
 * Typed, zstd-compressed Parquet: data pages of version 1, PLAIN and dictionary encoding, which every
 * engine reads. A table's files together hold at most some 40 MB that is not yet written.
 */
export const parquetEncoder: Encoder = {
  format: "parquet",
  openTable: async (schema, details) => {
    const factory = new PageFactory(openZstd());
    const hints = schema.columns.map((): ColumnHint => ({ worthDictionary: true }));
    return {
      openFile: (sink) => new ParquetFile(schema, sink, details, factory, hints),
      [Symbol.asyncDispose]: () => factory[Symbol.asyncDispose](),
    };
  },
  readBack: (schema, nextGroup) => new ParquetReadBack(schema, nextGroup, (unzstd ??= openUnzstd())),
};
