import type { ColumnType } from "../../table/column-type.ts";
import { fixedWidth } from "../../table/column-type.ts";
import type { ThriftWriter } from "./thrift-compact.ts";

/** Numbers of the enums in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
export const physicalType = { int32: 1, int64: 2, float: 4, double: 5, byteArray: 6, fixed: 7 } as const;
export const encoding = { plain: 0, rle: 3, rleDictionary: 8 } as const;
export const codec = { zstd: 6 } as const;
export const pageType = { data: 0, dictionary: 2 } as const;
const repetition = { optional: 1 } as const;
const convertedType = { utf8: 0, decimal: 5, date: 6 } as const;

export function physicalTypeOf(type: ColumnType): number {
  switch (type.kind) {
    case "int32":
    case "date":
      return physicalType.int32;
    case "int64":
    case "timestamp":
      return physicalType.int64;
    case "float":
      return physicalType.float;
    case "double":
      return physicalType.double;
    case "decimal": {
      const width = fixedWidth(type);
      return width === 4 ? physicalType.int32 : width === 8 ? physicalType.int64 : physicalType.fixed;
    }
    case "text":
    case "bytes":
      return physicalType.byteArray;
  }
}

/**
 * One leaf of the file's schema. Every column is optional, also where the source says NOT NULL: a table
 * that changes this does not change its files' schema.
 */
export function writeSchemaElement(thrift: ThriftWriter, name: string, type: ColumnType): void {
  thrift.i32(1, physicalTypeOf(type));
  if (fixedWidth(type) === 16) thrift.i32(2, 16);
  thrift.i32(3, repetition.optional);
  thrift.text(4, name);
  switch (type.kind) {
    case "text":
      thrift.i32(6, convertedType.utf8);
      thrift.struct(10, () => thrift.struct(1, () => undefined));
      break;
    case "date":
      thrift.i32(6, convertedType.date);
      thrift.struct(10, () => thrift.struct(6, () => undefined));
      break;
    case "decimal":
      thrift.i32(6, convertedType.decimal);
      thrift.i32(7, type.scale);
      thrift.i32(8, type.precision);
      thrift.struct(10, () =>
        thrift.struct(5, () => {
          thrift.i32(1, type.scale);
          thrift.i32(2, type.precision);
        }),
      );
      break;
    case "timestamp":
      // No converted type: the old TIMESTAMP_MICROS would mean an instant, this is a time without a zone.
      thrift.struct(10, () =>
        thrift.struct(8, () => {
          thrift.boolean(1, false);
          thrift.struct(2, () => thrift.struct(2, () => undefined));
        }),
      );
      break;
    case "int32":
    case "int64":
    case "float":
    case "double":
    case "bytes":
      break;
  }
}
