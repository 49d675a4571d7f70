import type { Partition, Table } from "@aws-sdk/client-glue";
import { openAwsSite } from "../../journeys/aws-site.ts";
import { mysqlDatasource } from "../../journeys/site.ts";
import type { TestMotoServer } from "../../services/moto-server.ts";
import type { TestServer } from "../../services/mysql-server.ts";
import type { TestS3Server } from "../../services/s3-server.ts";
import type { AddedPartition, DefinedTable } from "./hive-statements.ts";
import { type Recording, recordedBucket } from "./recording.ts";
import { type DefinedView, readCreateView } from "./view-statements.ts";

/** What our commands made of the recorded world, in the original's words. */
export interface OurRun {
  /** The files by their keys. */
  readonly uploads: Readonly<Record<string, string>>;
  readonly tables: readonly DefinedTable[];
  readonly partitions: readonly AddedPartition[];
  readonly views: readonly DefinedView[];
}

/** The commands that were recorded. */
const commands = [
  ["create-datalake-tables", "--all"],
  ["create-table-views", "--all"],
  ["extract-and-load", "--all", "--force"],
] as const;

/** Places and accounts are the test's; all else in the settings is as it was recorded. */
export async function runOurs(
  { world, datalake, tables }: Recording,
  services: { readonly s3: TestS3Server; readonly moto: TestMotoServer; readonly server: TestServer },
): Promise<OurRun> {
  const { s3, moto, server } = services;
  await using database = await server.database();
  await database.query(world);
  const { base_prefix, base_partitions } = datalake;
  await using lake = await openAwsSite(
    { s3, moto },
    { datalake: { base_prefix, base_partitions }, datasources: [mysqlDatasource(database, tables)] },
  );
  for (const command of commands) {
    const { exitCode, stderr } = await lake.run(...command);
    if (exitCode !== 0) throw new Error(`${command.join(" ")} failed:\n${stderr}`);
  }

  const uploads: Record<string, string> = {};
  for (const key of await lake.keys()) uploads[key] = await lake.read(key);
  const inRecordedBucket = (location = ""): string =>
    location.replace(`s3://${lake.bucket.name}/`, `s3://${recordedBucket}/`);
  const found = await readGlue(moto, lake.database, inRecordedBucket);
  const views = new Map<string, DefinedView>();
  for (const { operation, input } of lake.front.calls) {
    const sql = String(input["QueryString"]);
    if (operation !== "StartQueryExecution" || !sql.startsWith("CREATE")) continue;
    const view = readCreateView(sql);
    views.set(view.name, view);
  }
  return { uploads, ...found, views: [...views.values()] };
}

async function readGlue(
  { glue }: TestMotoServer,
  database: string,
  inRecordedBucket: (location: string | undefined) => string,
): Promise<Pick<OurRun, "tables" | "partitions">> {
  const { TableList = [] } = await glue.getTables({ DatabaseName: database });
  const tables = TableList.map((table) => definedTable(table, inRecordedBucket));
  const partitions: AddedPartition[] = [];
  for (const { name } of tables) {
    const { Partitions = [] } = await glue.getPartitions({ DatabaseName: database, TableName: name });
    partitions.push(
      ...Partitions.map(({ Values = [], StorageDescriptor }: Partition) => ({
        table: name,
        values: Values,
        location: inRecordedBucket(StorageDescriptor?.Location),
      })),
    );
  }
  return { tables, partitions };
}

function definedTable(
  { Name = "", StorageDescriptor, PartitionKeys, Parameters = {} }: Table,
  inRecordedBucket: (location: string | undefined) => string,
): DefinedTable {
  const { Columns, Location, InputFormat, OutputFormat, SerdeInfo } = StorageDescriptor ?? {};
  // Of the parameters this is the word EXTERNAL of the statement.
  const { EXTERNAL: external, ...parameters } = Parameters;
  if (external !== "TRUE") throw new Error(`${Name} is not an external table`);
  const spell = (columns: typeof Columns): readonly string[] =>
    (columns ?? []).map((column) => `${column.Name} ${column.Type}`);
  return {
    name: Name,
    columns: spell(Columns),
    partitionKeys: spell(PartitionKeys),
    location: inRecordedBucket(Location),
    inputFormat: InputFormat ?? "",
    outputFormat: OutputFormat ?? "",
    serde: SerdeInfo?.SerializationLibrary ?? "",
    serdeParameters: SerdeInfo?.Parameters ?? {},
    parameters,
  };
}
