import type { AwsConnection, AwsRight } from "./aws-connection.ts";

/** One database of Glue. */
export interface GlueDatabase {
  readonly aws: AwsConnection;
  /** In lower case, as Glue keeps it. */
  readonly database: string;
}

/** The right to do something to the database's tables. */
export function rightOn({ database }: GlueDatabase, operation: string): AwsRight {
  return { operation, resource: `table/${database}/*`, tellsValues: operation.includes("Partition") };
}
