import type { Readings } from "./read-mapping.ts";
import { optionalFlag, optionalNumber, optionalText, optionalWord, type Shape } from "./setting-values.ts";
import type { MongodbConnectionSettings, ReadPreference } from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";
import { readSecret, resolvePath, type SettingsReading } from "./settings-reading.ts";

export interface MongodbKeys {
  readonly mongodb_uri: string | undefined;
  readonly mongodb_uri_file: string | undefined;
  readonly mongodb_host: string | undefined;
  readonly mongodb_port: number | undefined;
  readonly mongodb_username: string | undefined;
  readonly mongodb_password: string | undefined;
  readonly mongodb_password_file: string | undefined;
  readonly mongodb_database: string | undefined;
  readonly mongodb_auth_source: string | undefined;
  readonly mongodb_replica_set: string | undefined;
  readonly mongodb_read_preference: ReadPreference | undefined;
  readonly mongodb_tls: boolean | undefined;
  readonly mongodb_tls_ca: string | undefined;
  readonly mongodb_tls_cert: string | undefined;
  readonly mongodb_collection: string | undefined;
}

const readPreferences = [
  "primary",
  "primary_preferred",
  "secondary",
  "secondary_preferred",
  "nearest",
] as const;

export const mongodbShape: Shape<MongodbKeys> = {
  mongodb_uri: optionalText({
    description:
      "Connection string, in place of host and port. Better: `${MONGODB_URI}`, or `mongodb_uri_file`.",
    examples: ["mongodb+srv://cluster.example.com/?readPreference=secondaryPreferred"],
  }),
  mongodb_uri_file: optionalText({ description: "File that holds the connection string." }),
  mongodb_host: optionalText({ description: "Host, or several with commas.", default: "localhost" }),
  mongodb_port: optionalNumber(
    { whole: true, least: 1, most: 65535, spelled: "a port number" },
    { description: "TCP port.", default: 27017 },
  ),
  mongodb_username: optionalText({ description: "User that may read the modulestore." }),
  mongodb_password: optionalText({
    description: "Better: `${MONGODB_PASSWORD}`, or `mongodb_password_file`.",
  }),
  mongodb_password_file: optionalText({ description: "File that holds the password." }),
  mongodb_database: optionalText({ description: "Database of the modulestore.", default: "edxapp" }),
  mongodb_auth_source: optionalText({
    description: "Database that knows the user. With mongodb_username the modulestore's own when left out.",
    examples: ["admin"],
  }),
  mongodb_replica_set: optionalText({ description: "Name of the replica set that the hosts belong to." }),
  mongodb_read_preference: optionalWord(readPreferences, { description: "Which members may be read from." }),
  mongodb_tls: optionalFlag({ description: "Encrypt the connection. true when mongodb_tls_ca is given." }),
  mongodb_tls_ca: optionalText({ description: "PEM file with the certificates to trust." }),
  mongodb_tls_cert: optionalText({ description: "PEM file with the client's certificate and its key." }),
  mongodb_collection: optionalText({
    description: "Name that the modulestore's collections begin with.",
    default: "modulestore",
  }),
};

const uriPattern = /^mongodb(\+srv)?:\/\//i;

export async function readMongodbConnection(
  keys: Readings<MongodbKeys>,
  path: SettingPath,
  reading: SettingsReading,
): Promise<MongodbConnectionSettings> {
  const { mongodb_password: password, mongodb_password_file: passwordFile } = keys;
  const { mongodb_tls: tls, mongodb_tls_ca: ca, mongodb_tls_cert: cert } = keys;
  if (tls === false && (ca ?? cert) !== undefined) {
    reading.problems.add([...path, "mongodb_tls"], "a TLS file is given, which needs mongodb_tls: true");
  }
  return {
    ...(await readAddress(keys, path, reading)),
    username: keys.mongodb_username,
    password: await readSecret("mongodb_password", password, passwordFile, path, reading),
    database: keys.mongodb_database ?? "edxapp",
    authSource: keys.mongodb_auth_source,
    replicaSet: keys.mongodb_replica_set,
    readPreference: keys.mongodb_read_preference,
    tls: tls ?? ((ca ?? cert) === undefined ? undefined : true),
    tlsCa: resolvePath(ca, reading),
    tlsCert: resolvePath(cert, reading),
    collection: keys.mongodb_collection ?? "modulestore",
  };
}

type Address = Pick<MongodbConnectionSettings, "uri" | "host" | "port">;

async function readAddress(
  keys: Readings<MongodbKeys>,
  path: SettingPath,
  reading: SettingsReading,
): Promise<Address> {
  const { mongodb_host: host, mongodb_port: port } = keys;
  const uri = await readSecret("mongodb_uri", keys.mongodb_uri, keys.mongodb_uri_file, path, reading);
  const uriKey = keys.mongodb_uri_file === undefined ? "mongodb_uri" : "mongodb_uri_file";
  if (uri !== undefined) checkUri(uri, keys, [...path, uriKey], reading.problems);
  // pymongo takes a connection string for a host, so the original's files may hold one there.
  if (uri === undefined && host !== undefined && uriPattern.test(host)) {
    return { uri: host, host: "localhost", port: undefined };
  }
  return { uri, host: host ?? "localhost", port };
}

/** The text itself is never told: it may hold a password. */
function checkUri(
  uri: string,
  { mongodb_host: host, mongodb_port: port }: Readings<MongodbKeys>,
  path: SettingPath,
  problems: SettingsProblems,
): void {
  if (!uriPattern.test(uri)) problems.add(path, "must begin with mongodb:// or mongodb+srv://");
  for (const [key, value] of Object.entries({ mongodb_host: host, mongodb_port: port })) {
    if (value !== undefined) problems.add(path, `${key} is given too; keep one of the two`);
  }
}
