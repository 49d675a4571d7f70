import { PanoramaError } from "../errors.ts";
import { readManifest } from "../lake/manifest.ts";
import { openLake, openSource } from "../open.ts";
import type { DatasourceSettings, Settings } from "../settings/settings.ts";
import type { CheckResult } from "../sources/source.ts";
import { untilAborted } from "./until-aborted.ts";

/** Tries every datasource and the lake, each for itself. Never throws for a "no". */
export async function testConnections(
  settings: Settings,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const datasource of settings.datasources) {
    const check = (): Promise<CheckResult> => untilAborted(signal, () => checkSource(datasource));
    results.push(...(await answer(datasource.name, async () => [await check()])));
  }
  results.push(
    ...(await answer("datalake", async () => [await checkLake(settings)])),
    ...(await answer("catalog", async () => checkCatalog(settings))),
  );
  return results;
}

async function checkLake(settings: Settings): Promise<CheckResult> {
  const { store, place } = await openLake(settings);
  const checked = await store.check();
  // A lake of another version is found out here rather than at the first load.
  if (checked.ok) await readManifest(store, place);
  return checked;
}

async function checkCatalog(settings: Settings): Promise<readonly CheckResult[]> {
  const { catalog } = await openLake(settings);
  if (catalog !== undefined) return catalog.check();
  const detail =
    "none: datalake_database or datalake_workgroup is not set, so files are uploaded and that is all";
  return [{ subject: "catalog", ok: true, detail }];
}

async function checkSource(datasource: DatasourceSettings): Promise<CheckResult> {
  await using source = await openSource(datasource);
  return await source.check();
}

async function answer(
  subject: string,
  check: () => Promise<readonly CheckResult[]>,
): Promise<readonly CheckResult[]> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    return [{ subject, ok: false, detail: `${error.message} (${error.code}). ${error.remedy}` }];
  }
}
