import type { QuestionCost } from "../source.ts";
import type { MysqlSession } from "./mysql-session.ts";

/** How the server would answer a query of one table. Reads no rows. */
export async function explainQuestion(session: MysqlSession, sql: string): Promise<QuestionCost> {
  const [row] = await session.query(`EXPLAIN FORMAT=TRADITIONAL ${sql}`);
  const [access, key] = [row?.["type"], row?.["key"]];
  // Neither says how for a table that is empty, or where an index proves that there is no such row.
  if (access == null) return "index";
  if (access === "ALL" || key == null) return "whole-table";
  // InnoDB keeps the rows in the primary key.
  if (access === "index" && key === "PRIMARY") return "whole-table";
  // https://dev.mysql.com/doc/refman/8.4/en/explain-output.html#jointype_index
  return access === "index" ? "whole-index" : "index";
}
