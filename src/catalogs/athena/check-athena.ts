import { PanoramaError } from "../../errors.ts";
import type { CheckResult } from "../../sources/source.ts";
import { type AthenaPlace, runQuery } from "./athena-queries.ts";
import { failureName } from "./aws-failure.ts";
import type { GlueDatabase } from "./glue-database.ts";

/** Asks for the database, and has Athena answer a query that reads nothing: the least that views need. */
export async function checkAthena(glue: GlueDatabase, place: AthenaPlace): Promise<readonly CheckResult[]> {
  return [
    await answer(`Glue database ${glue.database}`, () => describeDatabase(glue)),
    await answer(`Athena workgroup ${place.workgroup}`, () => tryQuery(glue, place)),
  ];
}

async function describeDatabase({ aws, database }: GlueDatabase): Promise<string> {
  const right = { operation: "GetDatabase", resource: `database/${database}` };
  try {
    await aws.glue(right, (api, options) => api.getDatabase({ Name: database }, options));
  } catch (cause) {
    if (failureName(cause) !== "EntityNotFoundException") throw cause;
    const remedy = "create it with CREATE DATABASE in Athena, or correct datalake_database";
    throw new PanoramaError("CATALOG_FAILED", `does not exist; ${remedy}`, {}, { cause });
  }
  return "exists";
}

async function tryQuery({ aws }: GlueDatabase, place: AthenaPlace): Promise<string> {
  const { resultLocation } = await runQuery(aws, place, "SELECT 1", "answer SELECT 1");
  const folder = resultLocation?.replace(/[^/]*$/, "");
  return folder === undefined ? "answered a query" : `answered a query; results are put below ${folder}`;
}

async function answer(subject: string, ask: () => Promise<string>): Promise<CheckResult> {
  try {
    return { subject, ok: true, detail: await ask() };
  } catch (error) {
    if (!(error instanceof PanoramaError)) throw error;
    return { subject, ok: false, detail: error.message };
  }
}
