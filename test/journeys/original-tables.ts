import type { StorageDescriptor } from "@aws-sdk/client-glue";
import type { TestMotoServer } from "../services/moto-server.ts";
import type { AwsSite } from "./aws-site.ts";

/** A table that the original has in Glue. */
export interface OriginalTable {
  /** `openedx_raw_auth_user`. */
  readonly name: string;
  /** Folder in the bucket as its DDL says, `openedx/auth_user/`. */
  readonly folder: string;
  /** Without those that it is partitioned by. */
  readonly columns: readonly string[];
  readonly partitionKeys: readonly string[];
  readonly partitions: readonly (readonly string[])[];
}

/** What the original's `CREATE EXTERNAL TABLE` and `ALTER TABLE … ADD PARTITION` leave in Glue. */
export async function createOriginalTable(
  moto: TestMotoServer,
  { bucket, database }: AwsSite,
  { name, folder, columns, partitionKeys, partitions }: OriginalTable,
): Promise<void> {
  const location = `s3://${bucket.name}/${folder}`;
  const descriptor: StorageDescriptor = {
    Columns: columns.map((column) => ({ Name: column, Type: "string", Comment: "from deserializer" })),
    Location: location,
    InputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    OutputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    NumberOfBuckets: -1,
    SerdeInfo: {
      SerializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
      Parameters: { separatorChar: ",", quoteChar: '"', escapeChar: "\\", "serialization.format": "1" },
    },
  };
  await moto.glue.createTable({
    DatabaseName: database,
    TableInput: {
      Name: name,
      TableType: "EXTERNAL_TABLE",
      PartitionKeys: partitionKeys.map((key) => ({ Name: key, Type: "string" })),
      StorageDescriptor: descriptor,
      Parameters: {
        EXTERNAL: "TRUE",
        areColumnsQuoted: "false",
        classification: "csv",
        columnsOrdered: "true",
        compressionType: "none",
        delimiter: ",",
        "skip.header.line.count": "1",
        transient_lastDdlTime: "1700000000",
        typeOfData: "file",
      },
    },
  });
  if (partitions.length === 0) return;
  await moto.glue.batchCreatePartition({
    DatabaseName: database,
    TableName: name,
    PartitionInputList: partitions.map((values) => ({
      Values: [...values],
      StorageDescriptor: {
        ...descriptor,
        Location: location + values.map((value, i) => `${partitionKeys[i]}=${pythonQuote(value)}/`).join(""),
      },
    })),
  });
}

/** As `urllib.parse.quote`: a slash stays. */
export function pythonQuote(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/");
}
