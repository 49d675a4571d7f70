/** Where a Mongo server listens, with an account that may do everything. */
export interface MongoAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** A port that takes TLS alone, with the authority of its certificate, which names localhost and 127.0.0.1. */
  readonly tls?: { readonly port: number; readonly caFile: string };
}

/** A server, or the sentence that says why there is none. */
export type FoundMongoServer = { readonly address: MongoAddress } | { readonly missing: string };

export const mongoVariable = "PANORAMA_TEST_MONGO_URL";

/** Reads `mongodb://user:password@host:port`, optionally with `?tlsPort=27018&ca=/path`. */
export function planMongoAddress(text: string): MongoAddress {
  const url = new URL(text);
  const tlsPort = url.searchParams.get("tlsPort");
  const caFile = url.searchParams.get("ca");
  return {
    host: url.hostname,
    port: url.port === "" ? 27017 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(tlsPort === null || caFile === null ? {} : { tls: { port: Number(tlsPort), caFile } }),
  };
}
