import type { DuckDBConnection } from "@duckdb/node-api";
import { PanoramaError } from "../../errors.ts";
import { duckdbMessage } from "./duckdb-errors.ts";
import { loadDuckdb, offlineOptions } from "./duckdb-library.ts";
import { quoteText } from "./sql-text.ts";
import { writeTrustedAuthorities } from "./trusted-authorities.ts";

/** The bucket that a lake's files are in, for DuckDB to read. */
export interface RemoteFiles {
  /** What all files are below: `s3://bucket/`. */
  readonly root: string;
  /** Asked whenever a database is opened: keys expire. */
  readonly access: () => Promise<RemoteAccess>;
}

/** Whom the bucket's server lets in, and how it is asked. Holds secrets. */
export interface RemoteAccess {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly region: string;
  /** undefined: AWS's own address. */
  readonly endpointUrl: string | undefined;
  /** Whether the bucket's name stands in the path of addresses and not in their host name. */
  readonly pathStyle: boolean;
}

/** Options of a database that `allowRemoteFiles` is called for: secrets that others stored have no say in it. */
export const remoteOptions: Readonly<Record<string, string>> = {
  ...offlineOptions,
  allow_persistent_secrets: "false",
};

/**
 * Lets the connection's database read the bucket; nothing of it gets into a file of the database. What is returned
 * is to be disposed of when the database is closed. Installs DuckDB's extension for buckets when this account has
 * none, and throws `HTTPFS_MISSING` when that cannot be had.
 */
export async function allowRemoteFiles(
  connection: DuckDBConnection,
  remote: RemoteFiles,
): Promise<AsyncDisposable> {
  await ensureHttpfs(connection);
  const access = await remote.access();
  const secure = access.endpointUrl?.startsWith("http:") !== true;
  const authorities = secure ? await writeTrustedAuthorities() : undefined;
  try {
    if (authorities !== undefined) {
      // Two settings, since the extension has two ways to send a request; the other one's is set by default.
      await connection.run("SET enable_server_cert_verification = true");
      await connection.run(`SET ca_cert_file = ${quoteText(authorities.path)}`);
    }
    await connection.run(secretSql(remote.root, access));
  } catch {
    await authorities?.[Symbol.asyncDispose]();
    // Without the cause: DuckDB may quote the statement, and with it the key.
    const message = `DuckDB does not take what it is told of ${remote.root}: the address, the region or the key`;
    throw new PanoramaError("CATALOG_FAILED", message);
  }
  return { [Symbol.asyncDispose]: async () => authorities?.[Symbol.asyncDispose]() };
}

/** Whether `allowRemoteFiles` would get the extension; installs it if need be. Never throws for a "no". */
export async function findHttpfs(): Promise<{ readonly found: boolean; readonly detail: string }> {
  const instance = await (await loadDuckdb()).DuckDBInstance.create(":memory:", remoteOptions);
  try {
    const connection = await instance.connect();
    try {
      await ensureHttpfs(connection);
      return { found: true, detail: "DuckDB's extension httpfs is there" };
    } catch (error) {
      if (!(error instanceof PanoramaError)) throw error;
      return { found: false, detail: `${error.message}. ${error.remedy} (${error.code})` };
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** Installed where DuckDB itself looks for it, as users of DuckDB do once. */
async function ensureHttpfs(connection: DuckDBConnection): Promise<void> {
  const load = (): Promise<unknown> => connection.run("LOAD httpfs");
  try {
    await load().catch(() => connection.run("INSTALL httpfs").then(load));
  } catch (cause) {
    const [reason = ""] = duckdbMessage(cause).split("\n");
    const version = (await loadDuckdb()).version();
    const message = `DuckDB ${version} lacks its extension httpfs, which reads buckets: ${reason}`;
    throw new PanoramaError("HTTPFS_MISSING", message, {}, { cause });
  }
}

function secretSql(root: string, access: RemoteAccess): string {
  const { accessKeyId, secretAccessKey, sessionToken, region, pathStyle } = access;
  const options: Readonly<Record<string, string | undefined>> = {
    KEY_ID: quoteText(accessKeyId),
    SECRET: quoteText(secretAccessKey),
    SESSION_TOKEN: sessionToken === undefined ? undefined : quoteText(sessionToken),
    REGION: quoteText(region),
    ...endpointOptions(access),
    URL_STYLE: quoteText(pathStyle ? "path" : "vhost"),
    // A table's name may hold what DuckDB would take for a pattern or for the address's end.
    URL_COMPATIBILITY_MODE: "true",
    SCOPE: quoteText(root),
  };
  const list = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  return `CREATE TEMPORARY SECRET lake (TYPE s3, ${list.join(", ")})`;
}

function endpointOptions({
  endpointUrl,
  region,
}: RemoteAccess): Readonly<Record<string, string | undefined>> {
  if (endpointUrl !== undefined) {
    const { protocol, host, pathname } = new URL(endpointUrl);
    const endpoint = host + pathname.replace(/\/+$/, "");
    return { ENDPOINT: quoteText(endpoint), USE_SSL: String(protocol === "https:") };
  }
  // DuckDB knows the address of all regions but China's.
  return { ENDPOINT: region.startsWith("cn-") ? quoteText(`s3.${region}.amazonaws.com.cn`) : undefined };
}
