import type { FieldRequest, TableReading, TableRequest } from "../sources/source.ts";
import { type ColumnType, sameColumnType } from "../table/column-type.ts";
import { type ColumnData, type RecordBatch, withColumns } from "../table/record-batch.ts";
import type { Column } from "../table/table-schema.ts";
import { convertColumn, spellsAlike } from "./convert-column.ts";
import type { KeptColumn } from "./table-to-load.ts";

/** Asks for the lake's columns alone; those that the source lacks come as NULL. */
export function requestOf({ table, fields }: TableRequest, kept: readonly KeptColumn[]): TableRequest {
  return {
    table,
    fields: kept.map(({ column: { name, type, nativeType }, retyped }): FieldRequest => {
      const listed = fields?.find((field) => field.name === name);
      if (listed?.constant !== undefined) return listed;
      // A source that finds types in values is told the type only where it found another one: what it reads stays as it was.
      return { name, type: retyped ? nativeType : undefined, columnType: type };
    }),
  };
}

interface Conversion {
  readonly from: ColumnType;
  readonly to: ColumnType;
}

/** The reading of these columns, in the types that the lake has, which have a place for all values. */
export function keepColumns(reading: TableReading, kept: readonly KeptColumn[]): TableReading {
  const { columns } = reading.schema;
  const conversions = columns.map(({ type: from }, i): Conversion | undefined => {
    const to = (kept[i] as KeptColumn).column.type;
    return sameColumnType(from, to) ? undefined : { from, to };
  });
  const conversionOf = (name: string): Conversion | undefined =>
    conversions[columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase())];
  const isConverted = (name: string): boolean => conversionOf(name) !== undefined;
  const isConverting = conversions.some((each) => each !== undefined);
  const isComparable = conversions.every(isSpelledAlike);
  const { absent = [], definition } = reading;
  return {
    schema: {
      ...reading.schema,
      columns: columns.map((read, i) => keptColumn(read, kept[i] as KeptColumn, absent)),
    },
    get warnings() {
      return reading.warnings;
    },
    estimatedRowCount: reading.estimatedRowCount,
    absent,
    ...(definition === undefined ? {} : { definition }),
    split: (count) => reading.split(count),
    // By the key as the source spells it, the row is known again.
    findRow: async (key) =>
      reading.schema.key.map(conversionOf).every(isSpelledAlike) ? reading.findRow?.(key) : undefined,
    watermark: async (field) => reading.watermark?.(field),
    ...(reading.keyRanges === undefined ? {} : { keyRanges: reading.keyRanges }),
    // What the source calls its slices are not the lake's names of them then.
    changesSince: async (watermark, field, partitionColumns) =>
      partitionColumns.some(isConverted)
        ? undefined
        : reading.changesSince?.(watermark, field, partitionColumns),
    digestSlices: (partitionColumns, textBreaks) =>
      !isComparable || partitionColumns.some(isConverted)
        ? undefined
        : reading.digestSlices?.(partitionColumns, textBreaks),
    batches: isConverting
      ? (signal, range) => convertedBatches(reading.batches(signal, range), conversions)
      : (signal, range) => reading.batches(signal, range),
    alterations: () => reading.alterations(),
    findings: () => reading.findings?.() ?? { notices: [], shortfalls: [] },
  };
}

function isSpelledAlike(conversion: Conversion | undefined): boolean {
  return conversion === undefined || spellsAlike(conversion.from, conversion.to);
}

/** What the source says of a column holds as far as it is of the lake's type. */
function keptColumn(read: Column, { column, retyped }: KeptColumn, absent: readonly string[]): Column {
  return retyped || absent.includes(read.name) ? { ...column, nullable: read.nullable } : read;
}

async function* convertedBatches(
  batches: AsyncIterable<RecordBatch>,
  conversions: readonly (Conversion | undefined)[],
): AsyncGenerator<RecordBatch> {
  for await (const batch of batches) yield convertedBatch(batch, conversions);
}

function convertedBatch(batch: RecordBatch, conversions: readonly (Conversion | undefined)[]): RecordBatch {
  const columns = batch.columns.map((data, i): ColumnData => {
    const conversion = conversions[i];
    if (conversion === undefined) return data;
    return convertColumn(conversion.from, conversion.to, data, batch.rowCount);
  });
  return withColumns(batch, columns);
}
