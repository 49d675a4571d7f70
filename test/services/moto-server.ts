import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { Athena } from "@aws-sdk/client-athena";
import { Glue } from "@aws-sdk/client-glue";
import { describe, expect, inject, test } from "vitest";
import type { FoundMotoServer } from "./open-moto-server.ts";

/** Glue and Athena as moto has them: Glue remembers tables and partitions, Athena accepts statements and runs none. */
export interface TestMotoServer {
  readonly url: string;
  /** To see what the product has done, and to be somebody else. */
  readonly glue: Glue;
  readonly athena: Athena;
  /** A fresh, empty database, and a workgroup of the same name. */
  database(): Promise<string>;
}

// As the product does.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const found = await askForServer();
let databaseCount = 0;

/**
 * Runs the suite on a moto server. Where none can be had, its tests are skipped, and the run says why; under CI=true
 * they fail.
 */
export function describeOnMoto(name: string, suite: (server: TestMotoServer) => void): void {
  describe(name, () => {
    if ("url" in found) {
      suite(withClients(found.url));
    } else {
      test("there is a server to test Glue and Athena with", ({ skip }) => {
        if (!["", "0", "false"].includes(process.env["CI"] ?? "")) expect.fail(found.missing);
        skip(found.missing.split("\n")[0]);
      });
    }
  });
}

async function askForServer(): Promise<FoundMotoServer> {
  const [response] = (await once(get(inject("motoServerUrl")), "response")) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as FoundMotoServer;
}

function withClients(url: string): TestMotoServer {
  const credentials = { accessKeyId: "tester", secretAccessKey: "tester-secret" };
  const glue = new Glue({ endpoint: url, region: "us-east-1", credentials });
  const athena = new Athena({ endpoint: url, region: "us-east-1", credentials });
  return {
    url,
    glue,
    athena,
    async database() {
      databaseCount += 1;
      const name = `panorama_${process.pid}_${Date.now().toString(36)}_${databaseCount}`;
      await glue.createDatabase({ DatabaseInput: { Name: name } });
      await athena.createWorkGroup({
        Name: name,
        Configuration: { ResultConfiguration: { OutputLocation: "s3://results/" } },
      });
      return name;
    },
  };
}
