import type { PartitionInput, StorageDescriptor, TableInput } from "@aws-sdk/client-glue";
import type { LakeFormat } from "../../encoders/encoder.ts";
import type { RawPartition, RawTable } from "./plan-raw-table.ts";

interface HiveFormat {
  readonly input: string;
  readonly output: string;
  readonly serde: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
  /** Of the table; without those of the other formats. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** CSV as the original has it, parameters included. */
const hiveFormats: Readonly<Record<LakeFormat, HiveFormat>> = {
  csv: {
    input: "org.apache.hadoop.mapred.TextInputFormat",
    output: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    serde: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    serdeParameters: { separatorChar: ",", quoteChar: '"', escapeChar: "\\" },
    parameters: {
      classification: "csv",
      "skip.header.line.count": "1",
      columnsOrdered: "true",
      areColumnsQuoted: "false",
      delimiter: ",",
      compressionType: "none",
      typeOfData: "file",
    },
  },
  parquet: {
    input: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    output: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    serde: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    serdeParameters: { "serialization.format": "1" },
    parameters: { classification: "parquet", typeOfData: "file" },
  },
};

/** Parameters that would be wrong in a table of another format. */
export const formatParameters: ReadonlySet<string> = new Set([
  ...Object.values(hiveFormats).flatMap(({ parameters }) => Object.keys(parameters)),
  "recordCount",
]);

/** The lake's format that is read this way; undefined for any other, such as CSV with semicolons. */
export function formatOf(descriptor: StorageDescriptor | undefined): LakeFormat | undefined {
  const { SerializationLibrary, Parameters = {} } = descriptor?.SerdeInfo ?? {};
  if (SerializationLibrary === hiveFormats.parquet.serde) return "parquet";
  if (SerializationLibrary !== hiveFormats.csv.serde) return undefined;
  // Ours are the serde's own, so a parameter that is missing is as ours.
  const ours = Object.entries(hiveFormats.csv.serdeParameters);
  return ours.every(([name, value]) => (Parameters[name] ?? value) === value) ? "csv" : undefined;
}

export function tableParameters(table: RawTable): Record<string, string> {
  return {
    ...hiveFormats[table.format].parameters,
    ...(table.format === "parquet" ? { "panorama.source": table.source } : {}),
    ...(table.format === "parquet" ? rowCountParameter(table.rowCount) : {}),
  };
}

export function storageDescriptor(table: RawTable, location: string): StorageDescriptor {
  const { input, output, serde, serdeParameters } = hiveFormats[table.format];
  return {
    Columns: table.columns.map(({ name, type, comment }) => ({
      Name: name,
      Type: type,
      ...(comment === undefined ? {} : { Comment: comment }),
    })),
    Location: location,
    InputFormat: input,
    OutputFormat: output,
    SerdeInfo: { SerializationLibrary: serde, Parameters: { ...serdeParameters } },
    Compressed: false,
    StoredAsSubDirectories: false,
  };
}

export function newTableInput(table: RawTable): TableInput {
  return {
    Name: table.name,
    TableType: "EXTERNAL_TABLE",
    Parameters: { EXTERNAL: "TRUE", ...tableParameters(table) },
    PartitionKeys: table.partitionKeys.map((name) => ({ Name: name, Type: "string" })),
    StorageDescriptor: storageDescriptor(table, table.location),
  };
}

export function partitionInput(table: RawTable, partition: RawPartition): PartitionInput {
  return {
    Values: [...partition.values],
    StorageDescriptor: storageDescriptor(table, partition.location),
    ...(table.format === "parquet" ? { Parameters: rowCountParameter(partition.rowCount) } : {}),
  };
}

/** As Glue's own crawlers call it. */
function rowCountParameter(rowCount: number | undefined): Record<string, string> {
  return rowCount === undefined ? {} : { recordCount: String(rowCount) };
}
