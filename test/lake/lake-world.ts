import type { LakePlace } from "../../src/stores/lake-path.ts";
import { csvKey, parquetKey, stagedCsvKey } from "../../src/stores/lake-path.ts";
import { openLocalStore } from "../../src/stores/local-store.ts";
import type { Store } from "../../src/stores/store.ts";
import type { LoadedTable } from "../../src/lake/plan-publication.ts";
import type { ManifestSlice } from "../../src/lake/manifest.ts";
import { type FinishedPublishing, finishPublishing, type Publication } from "../../src/lake/publish.ts";
import { announceRun, type RunLease } from "../../src/lake/run-lease.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

export const lake: LakePlace = {
  basePrefix: "openedx",
  basePartition: [{ column: "lms", value: "lms.example.com" }],
};

export const atNoon: Date = new Date("2026-11-24T12:00:00Z");

export function hoursLater(hours: number, from: Date = atNoon): Date {
  return new Date(from.getTime() + hours * 3_600_000);
}

/** A lake that is files alone. */
export const noCatalog: Pick<Publication, "showInCatalog" | "hideInCatalog"> = {
  showInCatalog: async () => true,
  hideInCatalog: async () => new Set(),
};

export function finish(store: Store): Promise<FinishedPublishing> {
  return finishPublishing(store, lake, noCatalog.showInCatalog, noCatalog.hideInCatalog);
}

/** An empty lake in a folder that goes at the end of the scope. */
export async function temporaryLake(): Promise<
  { readonly store: Store; readonly path: string } & AsyncDisposable
> {
  const folder = await temporaryFolder();
  return {
    store: await openLocalStore(folder.path),
    path: folder.path,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** What a load of a table partitioned by country makes: the files, each with `content`, and what to publish. */
export async function load(
  store: Store,
  run: string,
  table: string,
  countries: readonly string[],
  { format = "parquet", content = run }: { format?: "parquet" | "csv"; content?: string } = {},
): Promise<LoadedTable> {
  const slices: ManifestSlice[] = [];
  for (const country of countries) {
    const partition = [{ column: "country", value: country }];
    const key =
      format === "csv" ? csvKey(lake, table, partition) : parquetKey(lake, table, partition, run, 0);
    const stagedAs = format === "csv" ? stagedCsvKey(lake, table, partition, run) : undefined;
    await write(store, stagedAs ?? key, content);
    const file = { key, byteCount: content.length, rowCount: 1, ...(stagedAs && { stagedAs }) };
    slices.push({ partition, files: [file] });
  }
  return { ...describeLoad(table), format, rowCount: countries.length, slices };
}

export function describeLoad(table: string): LoadedTable {
  return {
    schema: {
      source: "shop",
      table,
      columns: [
        { name: "id", type: { kind: "int64" }, nullable: false, nativeType: "bigint" },
        {
          name: "total",
          type: { kind: "decimal", precision: 20, scale: 2 },
          nullable: true,
          nativeType: "decimal(20,2)",
        },
        { name: "country", type: { kind: "text" }, nullable: true, nativeType: "varchar(2)" },
      ],
      key: ["id"],
    },
    partitionColumns: ["country"],
    format: "parquet",
    rawName: `openedx_raw_${table}`,
    viewName: `openedx_table_${table}`,
    define: { raw: true, view: true },
    fullAt: "2026-11-24T10:00:00.000Z",
    loadedAt: atNoon.toISOString(),
    rowCount: 0,
    alterations: [{ column: "country", kind: "text-null", count: 2 }],
    receipts: [],
    slices: [],
  };
}

export async function write(store: Store, key: string, content: string): Promise<void> {
  const writer = await store.create(key);
  await writer.write(Buffer.from(content));
  await writer.close();
}

export async function contentOf(store: Store, key: string): Promise<string | undefined> {
  const found = await store.get(key);
  return found && Buffer.from(found.bytes).toString();
}

/** Every key below a table's folder, or of the whole store, without the lake's base prefix. */
export async function keysOf(store: Store, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** What a run that was killed leaves: its lease, held by a process that has ended. */
export async function announceKilledRun(store: Store, now: Date, endedPid: number): Promise<RunLease> {
  const lease = await announceRun(store, lake, now);
  for await (const { key } of store.list("openedx/_panorama/")) {
    const text = key.includes(lease.run) ? await contentOf(store, key) : undefined;
    if (text === undefined) continue;
    const { process: mark } = JSON.parse(text) as { process: string };
    const [place = ""] = mark.split("-");
    await store.put(key, Buffer.from(text.replace(mark, `${place}-${endedPid}-1`)));
  }
  return lease;
}
