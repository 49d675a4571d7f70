import type { KeyRange } from "../../table/key-range.ts";
import { joinDigests, type KeyDigest, keyFactor } from "../../table/key-digest.ts";
import type { TableSchema } from "../../table/table-schema.ts";
import type { ChangeField, KeyDigests, KeyRanges } from "../source.ts";
import { explainQuestion } from "./explain-question.ts";
import { quoteIdentifier } from "./identifier.ts";
import { evenCuts, joinRanges, splitCrowded } from "./key-cuts.ts";
import { keyBounds } from "./key-ranges.ts";
import { leastCuts, stepsOf } from "./key-steps.ts";
import type { MysqlSession, Row } from "./mysql-session.ts";
import { withoutLock } from "./select-batches.ts";
import { changedSince, timeColumn } from "./slice-changes.ts";

/** Keys whose number is at most this many times the rows are cut evenly: no range can have too many then. */
const denseKeys = 2n;
/** Where rows are counted to find cuts: so many finer parts for each range, which are then put together. */
const partsPerRange = 4;
const leastParts = 64;
const mostParts = 8_192;
/** A range that has more than this many times the wanted rows is looked at more closely. */
const crowded = 1.5;

/**
 * What a table's integer key tells of its ranges. Questions end with the session when that is stopped. `beside`: another
 * session that sees the same moment.
 */
export function openKeyRanges(
  session: MysqlSession,
  described: TableSchema,
  keyColumn: string,
  beside: MysqlSession | undefined,
): KeyRanges {
  const key = quoteIdentifier(keyColumn);
  const table = quoteIdentifier(described.table);
  const ask = (sql: string, of: MysqlSession = session): ReturnType<MysqlSession["query"]> =>
    withoutLock(of, () => of.query(sql));
  const digestRanges = async (
    cuts: readonly string[],
    within: KeyRange = {},
    of?: MysqlSession,
  ): Promise<readonly KeyDigest[]> => {
    const where = whereOf(key, within);
    const bounds =
      cuts.length < leastCuts
        ? undefined
        : await keyBounds({ query: (asked) => ask(asked, of) }, key, table, where);
    const steps = bounds && stepsOf(cuts, bounds);
    const part = steps === undefined ? placeOf(key, cuts) : `${key} DIV ${steps.width}`;
    const parts: KeyDigest[][] = Array.from({ length: cuts.length + 1 }, () => []);
    for (const row of await ask(digestsSql(part, key, table, where), of)) {
      const place = steps === undefined ? Number(row["part"]) : steps.placeOf(Number(row["part"]));
      parts[place]?.push(digestOf(row));
    }
    return parts.map(joinDigests);
  };
  const digestsOver = (of?: MysqlSession): KeyDigests => ({
    whole: async () => {
      const [row = {}] = await ask(`SELECT ${digestSql(key)} FROM ${table}`, of);
      return digestOf(row);
    },
    ofRanges: (cuts) => digestRanges(cuts, {}, of),
  });
  const changedSql = (cuts: readonly string[], watermark: string, field: ChangeField): string => {
    const time = quoteIdentifier(timeColumn(described, field)?.name ?? field.name);
    const where = changedSince(time, watermark);
    return `SELECT ${placeOf(key, cuts)} AS place, COUNT(*) AS rowCount FROM ${table} WHERE ${where} GROUP BY 1`;
  };
  return {
    cut: async (within, rowCount, estimatedRows) => {
      const bounds = await keyBounds({ query: (asked) => ask(asked) }, key, table, whereOf(key, within));
      if (bounds === undefined) return [];
      const { low, high } = bounds;
      const wanted = BigInt(Math.ceil(rowCount));
      const rows = BigInt(Math.max(estimatedRows, rowCount));
      if (high - low < rows * denseKeys) return evenCuts(low, high, wanted);
      const parts = Math.max(leastParts, Math.ceil(estimatedRows / rowCount) * partsPerRange);
      const countRows = async (cuts: readonly string[]): Promise<readonly number[]> =>
        (await digestRanges(cuts, within)).map((part) => part.rowCount);
      return cutByCounts(low, high, rowCount, Math.min(mostParts, parts), countRows);
    },
    changed: async (cuts, watermark, field) => {
      const rows = await ask(changedSql(cuts, watermark, field));
      return new Map(rows.map(({ place, rowCount }) => [Number(place), Number(rowCount)]));
    },
    digests: digestsOver(),
    ...(beside && { digestsBeside: digestsOver(beside) }),
    explain: (cuts, watermark, field) =>
      withoutLock(session, async () => ({
        changed: await explainQuestion(session, changedSql(cuts, watermark, field)),
        rowCounts: await explainQuestion(session, digestsSql(placeOf(key, cuts), key, table)),
      })),
    rangeOf: (keys) => conditionOf(key, keys) ?? "1 = 1",
  };
}

/** Where keys are far apart the rows are counted, in finer and finer parts where they are crowded. */
async function cutByCounts(
  low: bigint,
  high: bigint,
  rowCount: number,
  parts: number,
  countRows: (cuts: readonly string[]) => Promise<readonly number[]>,
): Promise<readonly string[]> {
  let cuts = evenCuts(low, high, (high - low) / BigInt(parts) + 1n);
  for (;;) {
    const counts = await countRows(cuts);
    const finer = splitCrowded(cuts, counts, { low, high, most: rowCount * crowded, parts });
    if (finer.length === cuts.length || finer.length > mostParts) return joinRanges(cuts, counts, rowCount);
    cuts = finer;
  }
}

/** The smallest index has the key too, so that the server need not look at rows. */
function digestsSql(part: string, key: string, table: string, where = ""): string {
  return `SELECT ${part} AS part, ${digestSql(key)} FROM ${table}${where} GROUP BY 1`;
}

/** As of `KeyDigest`: bits of a negative key are in two's complement for the server, too. Of no rows it is 0. */
function digestSql(key: string): string {
  const mixed = `BIT_XOR(((${key} & 4294967295) * ${keyFactor}) ^ ${key})`;
  return `COUNT(*) AS rowCount, CAST(${mixed} AS CHAR) AS keyDigest`;
}

function digestOf(row: Row): KeyDigest {
  return { rowCount: Number(row["rowCount"] ?? 0), keys: BigInt(row["keyDigest"] ?? 0) };
}

/** Searches by halves. As INTERVAL does, but that compares decimals, which takes a third longer. */
function placeOf(key: string, cuts: readonly string[], first = 0): string {
  const middle = cuts.length >> 1;
  const cut = cuts[middle];
  if (cut === undefined) return String(first);
  const before = placeOf(key, cuts.slice(0, middle), first);
  return `IF(${key} < ${cut}, ${before}, ${placeOf(key, cuts.slice(middle + 1), first + middle + 1)})`;
}

function whereOf(key: string, within: KeyRange): string {
  const condition = conditionOf(key, within);
  return condition === undefined ? "" : ` WHERE ${condition}`;
}

function conditionOf(key: string, { from, below }: KeyRange): string | undefined {
  const conditions = [
    ...(from === undefined ? [] : [`${key} >= ${from}`]),
    ...(below === undefined ? [] : [`${key} < ${below}`]),
  ];
  return conditions.length === 0 ? undefined : conditions.join(" AND ");
}
