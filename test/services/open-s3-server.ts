import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { findS3Refusal, type RunningGateway, startCephGateway } from "./ceph-gateway.ts";
import { type FoundS3Server, planS3Address, s3Variable } from "./s3-address.ts";

/** Disposing ends the server if it was started for this run. */
export interface OpenedS3Server extends AsyncDisposable {
  readonly found: FoundS3Server;
}

const home = resolve(".services");

/** The server that the environment names, else one that is started here. Rejects when the one named does not answer. */
export async function openS3Server(): Promise<OpenedS3Server> {
  const url = process.env[s3Variable] ?? "";
  if (url !== "") {
    const address = planS3Address(url);
    const refusal = await findS3Refusal(address.endpointUrl);
    if (refusal !== undefined) throw new Error(`The S3 server of ${s3Variable} does not answer: ${refusal}`);
    return { found: { address }, [Symbol.asyncDispose]: async () => {} };
  }
  const folder = join(home, `run-${process.pid}`, "s3");
  await mkdir(folder, { recursive: true });
  let gateway: RunningGateway | undefined;
  let found: FoundS3Server;
  try {
    gateway = await startCephGateway(home, folder, "run");
    found = { address: gateway.address };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = `set ${s3Variable} to the URL of a server`;
    found = { missing: `There is no S3 server to test with; ${remedy}.\n  ${reason}` };
  }
  return {
    found,
    async [Symbol.asyncDispose]() {
      await gateway?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
