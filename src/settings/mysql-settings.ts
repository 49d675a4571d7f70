import type { Readings } from "./read-mapping.ts";
import { optionalFlag, optionalNumber, optionalText, optionalWord, type Shape } from "./setting-values.ts";
import type { MysqlConnectionSettings, MysqlPlace, MysqlSslMode } from "./settings.ts";
import type { SettingPath } from "./settings-problems.ts";
import { readSecret, resolvePath, type SettingsReading } from "./settings-reading.ts";

/** The `mysql_*` keys, which two datasource types share. */
export interface MysqlKeys {
  readonly mysql_username: string | undefined;
  readonly mysql_password: string | undefined;
  readonly mysql_password_file: string | undefined;
  readonly mysql_host: string | undefined;
  readonly mysql_port: number | undefined;
  readonly mysql_database: string | undefined;
  readonly mysql_socket: string | undefined;
  readonly mysql_ssl_mode: MysqlSslMode | undefined;
  readonly mysql_ssl_ca: string | undefined;
  readonly mysql_ssl_cert: string | undefined;
  readonly mysql_ssl_key: string | undefined;
  readonly mysql_compress: boolean | undefined;
}

const sslModes = ["disabled", "preferred", "required", "verify_ca", "verify_identity"] as const;

export const mysqlShape: Shape<MysqlKeys> = {
  mysql_username: optionalText({ description: "User that may SELECT from the tables." }),
  mysql_password: optionalText({ description: "Better: `${MYSQL_PASSWORD}`, or `mysql_password_file`." }),
  mysql_password_file: optionalText({ description: "File that holds the password." }),
  mysql_host: optionalText({ description: "Host name or address.", default: "localhost" }),
  mysql_port: optionalNumber(
    { whole: true, least: 1, most: 65535, spelled: "a port number" },
    { description: "TCP port.", default: 3306 },
  ),
  mysql_database: optionalText({ description: "Database that holds the tables.", examples: ["openedx"] }),
  mysql_socket: optionalText({ description: "Unix socket, in place of host and port." }),
  mysql_ssl_mode: optionalWord(sslModes, {
    description: "As MySQL's --ssl-mode. verify_ca when mysql_ssl_ca is given.",
    default: "preferred",
  }),
  mysql_ssl_ca: optionalText({ description: "PEM file with the certificates to trust." }),
  mysql_ssl_cert: optionalText({ description: "PEM file with the client's certificate." }),
  mysql_ssl_key: optionalText({ description: "PEM file with the key of the client's certificate." }),
  mysql_compress: optionalFlag({ description: "Compress the connection.", default: false }),
};

/** Where a replica listens that is read in place of the primary. */
export interface MysqlReplicaKeys {
  readonly mysql_replica_host: string | undefined;
  readonly mysql_replica_port: number | undefined;
  readonly mysql_replica_socket: string | undefined;
}

export const mysqlReplicaShape: Shape<MysqlReplicaKeys> = {
  mysql_replica_host: optionalText({
    description: "Replica that is read in place of mysql_host, with the same account.",
  }),
  mysql_replica_port: optionalNumber(
    { whole: true, least: 1, most: 65535, spelled: "a port number" },
    { description: "TCP port of the replica.", default: 3306 },
  ),
  mysql_replica_socket: optionalText({
    description: "Unix socket of the replica, in place of host and port.",
  }),
};

export function readMysqlReplica(
  { mysql_replica_host: host, mysql_replica_port: port, mysql_replica_socket }: Readings<MysqlReplicaKeys>,
  path: SettingPath,
  reading: SettingsReading,
): MysqlPlace | undefined {
  const socket = resolvePath(mysql_replica_socket, reading);
  if (host === undefined && socket === undefined) {
    if (port !== undefined)
      reading.problems.add([...path, "mysql_replica_port"], "mysql_replica_host is missing");
    return undefined;
  }
  return { host: host ?? "localhost", port: port ?? 3306, socket };
}

export async function readMysqlConnection(
  keys: Readings<MysqlKeys>,
  path: SettingPath,
  reading: SettingsReading,
): Promise<MysqlConnectionSettings> {
  if (keys.mysql_ssl_cert !== undefined && keys.mysql_ssl_key === undefined) {
    reading.problems.add([...path, "mysql_ssl_cert"], "mysql_ssl_key is missing");
  }
  if (keys.mysql_ssl_key !== undefined && keys.mysql_ssl_cert === undefined) {
    reading.problems.add([...path, "mysql_ssl_key"], "mysql_ssl_cert is missing");
  }
  const { mysql_password: password, mysql_password_file: passwordFile } = keys;
  return {
    host: keys.mysql_host ?? "localhost",
    port: keys.mysql_port ?? 3306,
    socket: resolvePath(keys.mysql_socket, reading),
    username: keys.mysql_username,
    password: await readSecret("mysql_password", password, passwordFile, path, reading),
    database: keys.mysql_database,
    sslMode: keys.mysql_ssl_mode ?? (keys.mysql_ssl_ca === undefined ? "preferred" : "verify_ca"),
    sslCa: resolvePath(keys.mysql_ssl_ca, reading),
    sslCert: resolvePath(keys.mysql_ssl_cert, reading),
    sslKey: resolvePath(keys.mysql_ssl_key, reading),
    compress: keys.mysql_compress ?? false,
  };
}
