import { PanoramaError } from "../../errors.ts";
import type { TableSchema } from "../../table/table-schema.ts";
import { codec, writeSchemaElement } from "./physical-type.ts";
import { numberOf, readThrift, structOf, structsOf, type ThriftStruct } from "./thrift-reader.ts";
import { ThriftWriter } from "./thrift-compact.ts";

/** A column of a row group as its pages were seen in the file. */
export interface SeenChunk {
  readonly dictionaryOffset: number | undefined;
  readonly dataOffset: number;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
}

/** A row group as it was seen in the file. */
export interface SeenGroup {
  readonly rowCount: number;
  readonly chunks: readonly SeenChunk[];
}

/**
 * Compares a file's footer with what lies before it, and with the schema that the file is to have. `bytes`: from the end
 * of the last page to the end of the file. Resolves to the NULLs that it states, by row group and column. Throws
 * `FILE_WRONG`, without the name of the file.
 */
export function checkFooter(
  bytes: Uint8Array,
  schema: TableSchema,
  groups: readonly SeenGroup[],
): readonly (readonly number[])[] {
  const read = readThrift(bytes, 0);
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(read?.end ?? 0);
  const whole =
    tail.length === 8 && tail.readUInt32LE(0) === read?.end && tail.toString("latin1", 4) === "PAR1";
  if (read === undefined || !whole) wrong("its footer is cut short or damaged");
  const footer = read.struct;
  checkSchema(structsOf(footer, 2), schema);
  const rowCount = groups.reduce((sum, group) => sum + group.rowCount, 0);
  expectNumber(footer, 3, rowCount, "rows");
  const stated = structsOf(footer, 4);
  if (stated.length !== groups.length) {
    wrong(`its footer has ${stated.length} row groups, and the file ${groups.length}`);
  }
  return groups.map((group, i) => checkGroup(stated[i] as ThriftStruct, schema, group));
}

/** The columns have to be there with their names and types, and no others. */
function checkSchema([root, ...stated]: readonly ThriftStruct[], { columns }: TableSchema): void {
  if (root === undefined || numberOf(root, 5) !== columns.length || stated.length !== columns.length) {
    wrong("its footer has other columns than the table");
  }
  for (const [i, column] of columns.entries()) {
    const expected = new ThriftWriter();
    writeSchemaElement(expected, column.name, column.type);
    const element = readThrift(expected.stop(), 0)?.struct;
    if (JSON.stringify(spell(stated[i])) !== JSON.stringify(spell(element))) {
      wrong("has another name or type in the footer", column.name);
    }
  }
}

function spell(value: unknown): unknown {
  if (value instanceof Map) {
    return [...(value as ThriftStruct)].map(([field, each]): readonly unknown[] => [field, spell(each)]);
  }
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
}

function checkGroup(stated: ThriftStruct, schema: TableSchema, group: SeenGroup): readonly number[] {
  expectNumber(stated, 3, group.rowCount, "rows of a row group");
  const chunks = structsOf(stated, 1);
  if (chunks.length !== schema.columns.length) wrong("its footer lacks a column of a row group");
  return schema.columns.map(({ name }, i) => {
    const chunk = chunks[i] as ThriftStruct;
    const metadata = structOf(chunk, 3);
    const statistics = metadata && structOf(metadata, 12);
    const nullCount = statistics && numberOf(statistics, 3);
    if (metadata === undefined || nullCount === undefined) {
      return wrong("has no place in the footer", name);
    }
    const { dictionaryOffset, dataOffset, uncompressedBytes, compressedBytes } = group.chunks[i] as SeenChunk;
    const found = [4, 5, 6, 7, 9, 11].map((field) => numberOf(metadata, field));
    const sizes = [group.rowCount, uncompressedBytes, compressedBytes];
    const expected = [codec.zstd, ...sizes, dataOffset, dictionaryOffset];
    const place = [numberOf(chunk, 2), pathOf(metadata)];
    const same = expected.every((value, f) => value === found[f]);
    if (!same || place[0] !== (dictionaryOffset ?? dataOffset) || place[1] !== name) {
      wrong("lies elsewhere than the footer says, or is larger or smaller", name);
    }
    return nullCount;
  });
}

function pathOf(metadata: ThriftStruct): string | undefined {
  const path = metadata.get(3);
  const [name, ...others] = Array.isArray(path) ? (path as readonly unknown[]) : [];
  return others.length === 0 && name instanceof Uint8Array ? Buffer.from(name).toString("utf8") : undefined;
}

function expectNumber(struct: ThriftStruct, field: number, expected: number, of: string): void {
  const found = numberOf(struct, field);
  if (found !== expected) wrong(`its footer states ${found ?? "no"} ${of}, not ${expected}`);
}

function wrong(message: string, column?: string): never {
  if (column === undefined) throw new PanoramaError("FILE_WRONG", message);
  throw new PanoramaError("FILE_WRONG", `column ${column} ${message}`, { column });
}
