import type { Finding } from "../index.ts";

/** `country=ar/state=NULL`; empty for a table that is one slice. */
export function spellPartition(partition: Finding["partition"]): string {
  return partition.map(({ column, value }) => `${column}=${value ?? "NULL"}`).join("/");
}
