import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, inject, test } from "vitest";
import type { FoundHttpfs } from "./open-duckdb-httpfs.ts";

const found = await askForHttpfs();

/**
 * Runs the suite with a home folder in which DuckDB finds its extension httpfs; it is this process's, too. Where the
 * extension cannot be had, the tests are skipped, and the run says why; under CI=true they fail.
 */
export function describeWithHttpfs(name: string, suite: (home: string) => void): void {
  describe(name, () => {
    if ("home" in found) {
      process.env["HOME"] = found.home;
      suite(found.home);
    } else {
      test("there is a DuckDB extension to read buckets with", ({ skip }) => {
        if (!["", "0", "false"].includes(process.env["CI"] ?? "")) expect.fail(found.missing);
        skip(found.missing.split("\n")[0]);
      });
    }
  });
}

async function askForHttpfs(): Promise<FoundHttpfs> {
  const [response] = (await once(get(inject("duckdbHttpfsUrl")), "response")) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as FoundHttpfs;
}
