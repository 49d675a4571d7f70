import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { createConnection, type Connection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import {
  findSampleTable,
  type SampleTable,
  sampleSchema,
  withoutSecondaryKeys,
} from "../src/openedx/sample/ddl-schema.ts";
import { sampleBatches } from "../src/openedx/sample/sample-batches.ts";
import { zeroDate } from "../src/openedx/sample/sample-time.ts";
import { planSite, type SampleOptions, type Site } from "../src/openedx/sample/site.ts";
import { loadDataText } from "./load-data-text.ts";

/** Where to fill; the database is made when it is not there. Its account may do everything. */
export interface MysqlTarget {
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
}

export interface FillOptions extends SampleOptions {
  /** All of the sample site's tables when left out. */
  readonly tables?: readonly string[];
  /** `primary` leaves the other indexes out, which is several times faster for large tables. Default `all`. */
  readonly indexes?: "all" | "primary";
  /** Called after each table. */
  readonly onTable?: (filled: FilledTable) => void;
}

export interface FilledTable {
  readonly table: string;
  readonly rowCount: number;
  readonly millis: number;
}

/**
 * Drops and creates the sample site's tables and fills them, zero dates included: what the server then has is
 * what the sample source gives for the same options. Needs `LOAD DATA LOCAL`, which it allows on the server.
 */
export async function fillMysql(target: MysqlTarget, options: FillOptions): Promise<readonly FilledTable[]> {
  const site = planSite(options);
  const { database, ...address } = target;
  const connection = await createConnection({ ...address, charset: "utf8mb4" });
  try {
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${quoted(database)} CHARACTER SET utf8mb4`);
    await connection.query(`USE ${quoted(database)}`);
    // As Open edX sets it: strict, and zero dates are stored.
    await connection.query("SET sql_mode = 'STRICT_TRANS_TABLES', foreign_key_checks = 0, unique_checks = 0");
    await allowLocalFiles(connection);
    const filled: FilledTable[] = [];
    for (const table of chosenTables(options.tables)) {
      filled.push(await fillTable(connection, site, table, options.indexes ?? "all"));
      options.onTable?.(filled.at(-1) as FilledTable);
    }
    return filled;
  } finally {
    await connection.end();
  }
}

function chosenTables(names: readonly string[] | undefined): readonly SampleTable[] {
  return (names ?? sampleSchema.map(({ name }) => name)).map((name) => {
    const table = findSampleTable(name);
    if (table === undefined) {
      throw new Error(`The sample site has no table ${name}`);
    }
    return table;
  });
}

async function allowLocalFiles(connection: Connection): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>("SELECT @@global.local_infile AS allowed");
  if (rows[0]?.["allowed"] !== 1) {
    await connection.query("SET GLOBAL local_infile = 1");
  }
}

async function fillTable(
  connection: Connection,
  site: Site,
  table: SampleTable,
  indexes: "all" | "primary",
): Promise<FilledTable> {
  const started = performance.now();
  const ddl = indexes === "all" ? table.ddl : withoutSecondaryKeys(table.ddl);
  await connection.query(`DROP TABLE IF EXISTS ${quoted(table.name)}`);
  await connection.query(`${ddl} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`);
  let rowCount = 0;
  const pieces = loadDataPieces(site, table, (rows) => {
    rowCount += rows;
  });
  const [result] = await connection.query<ResultSetHeader>({
    sql: `LOAD DATA LOCAL INFILE 'sample' INTO TABLE ${quoted(table.name)} CHARACTER SET utf8mb4`,
    infileStreamFactory: () => Readable.from(pieces, { objectMode: false }),
  });
  // A local file's bad rows are skipped with a warning, not refused.
  if (result.affectedRows !== rowCount || result.warningStatus > 0) {
    const [warnings] = await connection.query<RowDataPacket[]>("SHOW WARNINGS LIMIT 3");
    throw new Error(
      `${table.name} took ${result.affectedRows} of ${rowCount} rows: ${JSON.stringify(warnings)}`,
    );
  }
  return { table: table.name, rowCount, millis: Math.round(performance.now() - started) };
}

const pieceBytes = 1 << 20;

function* loadDataPieces(site: Site, table: SampleTable, onRows: (rows: number) => void): Generator<Buffer> {
  const wanted = table.columns.map((_, position) => position);
  for (const batch of sampleBatches(site, table, { wanted, onZeroDate: () => zeroDate })) {
    const text = loadDataText(table.columns, batch);
    onRows(batch.rowCount);
    for (let start = 0; start < text.length; start += pieceBytes) {
      yield text.subarray(start, start + pieceBytes);
    }
  }
}

function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

const usage = `fill-mysql --url mysql://user:password@host:port/database [--socket FILE] [--tables A,B]
  [--scale 1] [--seed 1] [--rows N] [--courses C] [--indexes all|primary]
--rows: so many rows of courseware_studentmodule, whatever the scale
`;

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      url: text,
      socket: text,
      tables: text,
      scale: text,
      seed: text,
      rows: text,
      courses: text,
      indexes: text,
    },
  });
  if (values.url === undefined) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  const url = new URL(values.url);
  await fillMysql(
    {
      host: url.hostname,
      port: Number(url.port || 3306),
      ...(values.socket === undefined ? {} : { socketPath: values.socket }),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
    },
    {
      scale: Number(values.scale ?? 1),
      seed: Number(values.seed ?? 1),
      ...(values.rows === undefined ? {} : { studentModuleRows: Number(values.rows) }),
      ...(values.courses === undefined ? {} : { courses: Number(values.courses) }),
      ...(values.tables === undefined ? {} : { tables: values.tables.split(",") }),
      indexes: values.indexes === "primary" ? "primary" : "all",
      onTable: ({ table, rowCount, millis }) => {
        process.stdout.write(`${table}: ${rowCount} rows in ${(millis / 1000).toFixed(1)} s\n`);
      },
    },
  );
}

// Run as a command, and not when a test or another bench imports it.
if (/fill-mysql\.[cm]?js$/.test(process.argv[1] ?? "")) {
  await main();
}
