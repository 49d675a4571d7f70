/** The two servers whose tables the product reads. They share a protocol and differ in much else. */
export type ServerKind = "mariadb" | "mysql";

export const serverKinds: readonly ServerKind[] = ["mariadb", "mysql"];

export const serverNames: Readonly<Record<ServerKind, string>> = { mariadb: "MariaDB", mysql: "MySQL" };

/** Where a server listens, with an account that may do everything. */
export interface ServerAddress {
  readonly kind: ServerKind;
  readonly host: string;
  readonly port: number;
  readonly socket?: string;
  readonly user: string;
  readonly password: string;
  /** The authority of the server's certificate, which names localhost and 127.0.0.1 if openssl was there to make it. */
  readonly caFile?: string;
  /** Known only of servers that were started here and run on this machine. */
  readonly pid?: number;
}

export function addressVariable(kind: ServerKind): string {
  return `PANORAMA_TEST_${kind.toUpperCase()}_URL`;
}

/** Reads `mysql://user:password@host:port`, optionally with `?socket=/path&ca=/path`. */
export function planAddress(kind: ServerKind, text: string): ServerAddress {
  const url = new URL(text);
  const socket = url.searchParams.get("socket");
  const caFile = url.searchParams.get("ca");
  return {
    kind,
    host: url.hostname,
    port: url.port === "" ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(socket === null ? {} : { socket }),
    ...(caFile === null ? {} : { caFile }),
  };
}
