import type { Column } from "../../table/table-schema.ts";
import { quoteIdentifier } from "./identifier.ts";
import { mysqlError } from "./mysql-errors.ts";
import type { PreparedStatement } from "./mysql-connection.ts";
import type { MysqlSession } from "./mysql-session.ts";
import { columnTypeOnWire, isUnsigned, type WireColumn, wireOpFor } from "./wire-op.ts";

/**
 * The columns of a view with the types that the server will send. Of an expression MySQL's information_schema
 * says what a column that stores it would be: `1` is an int there and a bigint in the result.
 */
export async function describeViewColumns(
  session: MysqlSession,
  where: { readonly source: string; readonly table: string },
  columns: readonly Column[],
): Promise<readonly Column[]> {
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const sent = await prepareOnly(session, `SELECT ${names} FROM ${quoteIdentifier(where.table)}`, where);
  return columns.map((column, i) => {
    const wireColumn = sent[i];
    const agrees = wireColumn === undefined || wireOpFor(wireColumn, column.type) !== undefined;
    return agrees ? column : { ...column, type: columnTypeOnWire(wireColumn) };
  });
}

function prepareOnly(
  session: MysqlSession,
  sql: string,
  where: { readonly source: string; readonly table: string },
): Promise<readonly WireColumn[]> {
  const { connection } = session;
  return new Promise((resolve, reject) => {
    connection.prepare(sql, (error, statement) => {
      if (error) {
        reject(mysqlError(error, `Cannot read ${where.table}`, where));
        return;
      }
      connection.unprepare(sql);
      resolve(statement.columns.map(wireColumnOf));
    });
  });
}

function wireColumnOf(column: PreparedStatement["columns"][number]): WireColumn {
  return {
    typeByte: column.columnType,
    charset: column.characterSet,
    unsigned: isUnsigned(column.flags),
    length: column.columnLength,
    decimals: column.decimals,
  };
}
