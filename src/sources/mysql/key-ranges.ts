import { quoteIdentifier } from "./identifier.ts";
import type { MysqlSession } from "./mysql-session.ts";

/**
 * Conditions that cut a table into about `count` ranges of its integer key which together hold every row
 * once. The outer ranges are open: the snapshot, not the range, decides which rows there are.
 */
export async function keyRanges(
  session: MysqlSession,
  table: string,
  column: string,
  count: number,
): Promise<readonly string[]> {
  const name = quoteIdentifier(column);
  const bounds = await keyBounds(session, name, quoteIdentifier(table));
  return bounds === undefined ? [] : rangeConditions(name, bounds.low, bounds.high, count);
}

/**
 * The least and the greatest key of those rows that `where` leaves, a clause or nothing; undefined where it leaves none.
 * Names are quoted.
 */
export async function keyBounds(
  session: Pick<MysqlSession, "query">,
  key: string,
  table: string,
  where = "",
): Promise<{ readonly low: bigint; readonly high: bigint } | undefined> {
  const [bounds] = await session.query(
    `SELECT CAST(MIN(${key}) AS CHAR) AS low, CAST(MAX(${key}) AS CHAR) AS high FROM ${table}${where}`,
  );
  if (bounds?.["low"] == null || bounds["high"] == null) return undefined;
  return { low: BigInt(bounds["low"]), high: BigInt(bounds["high"]) };
}

/** Pure part of `keyRanges`, with the quoted column name. */
export function rangeConditions(name: string, low: bigint, high: bigint, count: number): readonly string[] {
  const cuts: bigint[] = [];
  for (let i = 1n; i < BigInt(count); i++) {
    const cut = low + ((high - low) * i) / BigInt(count);
    if (cut > (cuts.at(-1) ?? low) && cut <= high) cuts.push(cut);
  }
  if (cuts.length === 0) return [];
  const inner = cuts.slice(1).map((cut, i) => `${name} >= ${cuts[i]} AND ${name} < ${cut}`);
  return [`${name} < ${cuts[0]}`, ...inner, `${name} >= ${cuts.at(-1)}`];
}
