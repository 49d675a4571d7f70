import { access, constants } from "node:fs/promises";
import { type Db, MongoClient, type MongoClientOptions } from "mongodb";
import { PanoramaError } from "../../errors.ts";
import { mongoError } from "./mongo-errors.ts";

/** How to reach the MongoDB of a site. What is undefined is as a connection string says, else as the driver has it. */
export interface MongoOptions {
  /** The datasource's name in the settings. */
  readonly name: string;
  /** A connection string, which may hold a password; in place of host and port. */
  readonly uri?: string | undefined;
  /** One or several with commas, each with a port or without. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database: string;
  readonly authSource?: string | undefined;
  readonly replicaSet?: string | undefined;
  readonly readPreference?:
    | "primary"
    | "primary_preferred"
    | "secondary"
    | "secondary_preferred"
    | "nearest"
    | undefined;
  readonly tls?: boolean | undefined;
  /** Files in PEM format. */
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
}

/** A database that has been reached and has let us in. */
export interface MongoSession extends AsyncDisposable {
  readonly db: Db;
  /** Where the server is, for messages. */
  readonly place: string;
  readonly version: string;
}

const connectTimeoutMillis = 15_000;
/** A cluster may be choosing a primary; a single host answers or does not. */
const clusterMillis = 15_000;
const hostMillis = 5_000;
const usualPort = 27017;

/**
 * Connects and signs in. An abort of `signal` ends the connection whatever it waits for, then and as long as the
 * session is open. Throws SOURCE_UNREACHABLE, SOURCE_DENIED, SOURCE_TLS, SETTINGS_INVALID.
 */
export async function openMongoSession(options: MongoOptions, signal?: AbortSignal): Promise<MongoSession> {
  signal?.throwIfAborted();
  await assertReadable(options);
  const client = newClient(options);
  const place = placeOf(client);
  const stop = (): void => void client.close(true).catch(() => undefined);
  signal?.addEventListener("abort", stop, { once: true });
  const close = async (): Promise<void> => {
    signal?.removeEventListener("abort", stop);
    await client.close(true);
  };
  try {
    const db = client.db(options.database);
    await client.connect();
    const { version } = (await db.command({ buildInfo: 1 })) as { version?: unknown };
    return { db, place, version: `MongoDB ${String(version)}`, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    signal?.throwIfAborted();
    throw mongoError(error, `Cannot connect to ${place}`, { source: options.name });
  }
}

function newClient(options: MongoOptions): MongoClient {
  try {
    return new MongoClient(options.uri ?? planUri(options), clientOptions(options));
  } catch {
    // No cause and no message of the driver's: both may quote the connection string, password and all.
    throw new PanoramaError(
      "SETTINGS_INVALID",
      `The MongoDB settings of datasource ${options.name} do not make a connection: \`mongodb_uri\` or \`mongodb_host\` is not ` +
        "well-formed (special characters of a password in it must be percent-encoded), or contradicts the other settings",
      { source: options.name },
    );
  }
}

/** The driver would try again and again to read a file that is not there. */
async function assertReadable({ name: source, tlsCa, tlsCert }: MongoOptions): Promise<void> {
  for (const file of [tlsCa, tlsCert]) {
    if (file === undefined) continue;
    await access(file, constants.R_OK).catch((cause: unknown) => {
      throw new PanoramaError("SOURCE_TLS", `Cannot read the TLS file ${file}`, { source }, { cause });
    });
  }
}

function planUri({ host, port = usualPort }: MongoOptions): string {
  const hosts = host.split(",").map((each) => {
    const name = each.trim();
    const hasPort = /^([^:]+|\[.*\]):\d+$/.test(name);
    // An IPv6 address needs brackets before a port.
    const bracketed = name.includes(":") && !name.startsWith("[") && !hasPort ? `[${name}]` : name;
    return hasPort ? name : `${bracketed}:${port}`;
  });
  return `mongodb://${hosts.join(",")}/`;
}

function clientOptions(options: MongoOptions): MongoClientOptions {
  const { uri, username, password, authSource, replicaSet, tls, tlsCa, tlsCert, readPreference } = options;
  // The original signs in at the database that it reads.
  const usualAuthSource = uri === undefined && username !== undefined ? options.database : undefined;
  const source = authSource ?? usualAuthSource;
  // A single host is taken as it is: a member of a replica set may go by a name that only the cluster knows.
  const direct = uri === undefined && replicaSet === undefined && !options.host.includes(",");
  return {
    appName: "panorama-elt",
    // A connection string may have time-outs of its own, over which these would win.
    ...(/serverSelectionTimeoutMS/i.test(uri ?? "")
      ? {}
      : { serverSelectionTimeoutMS: direct ? hostMillis : clusterMillis }),
    ...(/connectTimeoutMS/i.test(uri ?? "") ? {} : { connectTimeoutMS: connectTimeoutMillis }),
    maxPoolSize: 4,
    ...(username === undefined ? {} : { auth: { username, password: password ?? "" } }),
    ...(source === undefined ? {} : { authSource: source }),
    ...(replicaSet === undefined ? {} : { replicaSet }),
    ...(direct ? { directConnection: true } : {}),
    ...(readPreference === undefined ? {} : { readPreference: spellReadPreference(readPreference) }),
    ...(tls === undefined ? {} : { tls }),
    ...(tlsCa === undefined ? {} : { tlsCAFile: tlsCa }),
    ...(tlsCert === undefined ? {} : { tlsCertificateKeyFile: tlsCert }),
  };
}

function spellReadPreference(
  preference: NonNullable<MongoOptions["readPreference"]>,
): NonNullable<MongoClientOptions["readPreference"]> {
  const words = {
    primary: "primary",
    primary_preferred: "primaryPreferred",
    secondary: "secondary",
    secondary_preferred: "secondaryPreferred",
    nearest: "nearest",
  } as const;
  return words[preference];
}

function placeOf({ options }: MongoClient): string {
  return options.srvHost ?? options.hosts.map(String).join(",");
}
