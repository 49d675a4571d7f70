import { createHash } from "node:crypto";
import { PanoramaError } from "../../errors.ts";
import type { Column, TableSchema } from "../../table/table-schema.ts";
import type { MysqlSession, Row } from "./mysql-session.ts";
import { describeViewColumns } from "./describe-view.ts";
import { columnTypeOf } from "./native-type.ts";

/** A table as the server describes it now. */
export interface NativeTable {
  readonly schema: TableSchema;
  /** `InnoDB`, or null for a view. */
  readonly engine: string | null;
  /** The engine's own guess. */
  readonly estimatedRowCount: number | undefined;
  /** As of `TableReading.definition`. */
  readonly definition: string;
  /** The only column of an integer primary key, by which the table can be read in ranges. */
  readonly rangeColumn: string | undefined;
}

/** Throws TABLE_MISSING also where the account has no right on the table: the server then hides it. */
export async function describeNativeTable(
  session: MysqlSession,
  where: { readonly source: string; readonly database: string; readonly table: string },
): Promise<NativeTable> {
  const names = [where.database, where.table];
  const columns = await session.query(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS columnType, IS_NULLABLE AS nullable,
       NUMERIC_PRECISION AS numericPrecision, NUMERIC_SCALE AS numericScale, COLUMN_DEFAULT AS defaultValue,
       EXTRA AS extra, GENERATION_EXPRESSION AS expression
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`,
    names,
  );
  if (columns.length === 0) {
    throw new PanoramaError(
      "TABLE_MISSING",
      `Table ${where.table} is not in database ${where.database}, or the account may not read it`,
      { source: where.source, table: where.table },
    );
  }
  const key = await session.query(
    `SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`,
    names,
  );
  const [about] = await session.query(
    `SELECT ENGINE AS engine, TABLE_ROWS AS tableRows, TABLE_TYPE AS tableType, CREATE_TIME AS createTime
     FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    names,
  );
  const keyNames = key.map((row) => String(row["name"]));
  const described = columns.map(columnOf);
  const isView = about?.["tableType"] === "VIEW";
  const { source, table } = where;
  return {
    schema: {
      source,
      table,
      columns: isView ? await describeViewColumns(session, { source, table }, described) : described,
      key: keyNames,
    },
    engine: about?.["engine"] == null ? null : String(about["engine"]),
    estimatedRowCount: about?.["tableRows"] == null ? undefined : Number(about["tableRows"]),
    // Every ALTER TABLE makes CREATE_TIME a new one.
    definition: createHash("sha256")
      .update(JSON.stringify([about?.["createTime"], columns]))
      .digest("hex"),
    rangeColumn: keyNames.length === 1 ? integerColumn(columns, keyNames[0] as string) : undefined,
  };
}

function columnOf(row: Row): Column {
  return {
    name: String(row["name"]),
    type: columnTypeOf({
      dataType: String(row["dataType"]).toLowerCase(),
      columnType: String(row["columnType"]),
      numericPrecision: row["numericPrecision"] === null ? null : Number(row["numericPrecision"]),
      numericScale: row["numericScale"] === null ? null : Number(row["numericScale"]),
    }),
    // A NOT NULL date may still be zero or impossible, which the lake has as NULL.
    nullable: row["nullable"] !== "NO" || /^(date|datetime|timestamp)$/i.test(String(row["dataType"])),
    nativeType: String(row["columnType"]),
  };
}

function integerColumn(columns: readonly Row[], name: string): string | undefined {
  const row = columns.find((each) => each["name"] === name);
  return /^(tiny|small|medium|big)?int$/i.test(String(row?.["dataType"])) ? name : undefined;
}
