export type DuckdbLibrary = typeof import("@duckdb/node-api");

/** Loads DuckDB, about 70 MB of native code, so only when it is needed. Throws when this machine has no build of it. */
export async function loadDuckdb(): Promise<DuckdbLibrary> {
  return import("@duckdb/node-api");
}

/** Options of every database we open: nothing is ever fetched from the network behind the user's back. */
export const offlineOptions: Readonly<Record<string, string>> = {
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
};
