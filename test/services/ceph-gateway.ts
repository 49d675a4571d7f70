import { mkdir, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { findFreePort } from "./local-server.ts";
import type { S3Address } from "./s3-address.ts";
import { type Lifetime, runToEnd, type ServerProcess, startProcess } from "./server-process.ts";
import {
  type Command,
  extractedCommand,
  extractedLibraries,
  extractPackages,
  isThere,
} from "./server-program.ts";

/** Disposing ends the server. */
export interface RunningGateway extends AsyncDisposable {
  readonly address: S3Address;
}

const packages = ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"];
const owner = { accessKeyId: "OWNER", secretAccessKey: "owner-secret" };
const guest = { accessKeyId: "GUEST", secretAccessKey: "guest-secret" };
const kmsKeyId = "lake-key";
const storageClass = "STANDARD_IA";
const readinessMillis = 60_000;

interface Cluster {
  readonly folder: string;
  /** Runs one of Ceph's programs that ends by itself. */
  readonly run: (name: string, ...words: readonly string[]) => Promise<void>;
  /** Starts one that does not. */
  readonly start: (name: string, ...words: readonly string[]) => Promise<void>;
}

/**
 * Starts Ceph's RADOS Gateway in `folder` with what it needs below itself: one monitor and one object store that
 * keeps everything in memory. The programs are Debian's, extracted below `home` unless that was done before.
 */
export async function startCephGateway(
  home: string,
  folder: string,
  lifetime: Lifetime,
): Promise<RunningGateway> {
  const root = join(home, "ceph-sid");
  if (!(await isThere(join(root, "usr/bin/radosgw")))) await extractPackages("sid", root, packages);
  const [monitorPort, port] = [await findFreePort(), await findFreePort()];
  for (const name of ["mon", "osd", "rgw"]) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, "ceph.conf"), await configuration(root, folder, monitorPort, port));

  const processes: ServerProcess[] = [];
  const close = async (): Promise<void> => {
    for (const process of processes.toReversed()) await process[Symbol.asyncDispose]();
  };
  const log = join(folder, "log");
  const program = async (name: string): Promise<Command> => {
    const [first, ...words] = await extractedCommand(root, `usr/bin/${name}`);
    return [first, ...words, "-c", join(folder, "ceph.conf")];
  };
  const cluster: Cluster = {
    folder,
    run: async (name, ...words) => runToEnd([...(await program(name)), ...words], undefined, log),
    start: async (name, ...words) => {
      processes.push(await startProcess([...(await program(name)), ...words], log, lifetime, "KILL"));
    },
  };
  try {
    await startCluster(cluster, monitorPort);
    const roleArn = await addAccounts(cluster);
    await cluster.start("radosgw", "-n", "client.rgw", "-f");
    const endpointUrl = `http://127.0.0.1:${port}`;
    await waitUntilAnswering(endpointUrl);
    const extras = { guest, roleArn, kmsKeyId, storageClass };
    const address = { endpointUrl, region: "us-east-1", ...owner, extras };
    return { address, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startCluster(cluster: Cluster, monitorPort: number): Promise<void> {
  const { folder, run, start } = cluster;
  const monitors = join(folder, "monmap");
  await run("monmaptool", "--create", "--addv", "a", `[v2:127.0.0.1:${monitorPort}]`, monitors);
  // The map already has the object store, so that nobody has to announce it.
  await run("osdmaptool", "--createsimple", "1", join(folder, "osdmap"));
  await run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors, "--osdmap", join(folder, "osdmap"));
  await start("ceph-mon", "-i", "a", "-f");
  await run("ceph-osd", "-i", "0", "--mkfs");
  await start("ceph-osd", "-i", "0", "-f");
}

/** Waits for the object store to be there, too. */
async function addAccounts({ run }: Cluster): Promise<string> {
  const admin = (...words: readonly string[]): Promise<void> =>
    run("radosgw-admin", "-n", "client.rgw", ...words);
  for (const [name, { accessKeyId, secretAccessKey }] of Object.entries({ owner, guest })) {
    const keys = [`--access-key=${accessKeyId}`, `--secret=${secretAccessKey}`];
    await admin("user", "create", `--uid=${name}`, `--display-name=${name}`, ...keys);
  }
  const trust = policy({
    Effect: "Allow",
    Principal: { AWS: ["arn:aws:iam:::user/guest"] },
    Action: ["sts:AssumeRole"],
  });
  await admin("role", "create", "--role-name=loader", `--assume-role-policy-doc=${trust}`);
  const everything = policy({ Effect: "Allow", Action: ["s3:*"], Resource: "arn:aws:s3:::*" });
  await admin("role-policy", "put", "--role-name=loader", "--policy-name=all", `--policy-doc=${everything}`);
  const place = ["--placement-id", "default-placement", "--storage-class", storageClass];
  await admin("zonegroup", "placement", "add", "--rgw-zonegroup", "default", ...place);
  await admin("zone", "placement", "add", "--rgw-zone", "default", ...place, "--data-pool", "default.rgw.ia");
  return "arn:aws:iam:::role/loader";
}

function policy(statement: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

async function waitUntilAnswering(url: string): Promise<void> {
  const deadline = Date.now() + readinessMillis;
  for (;;) {
    const refusal = await findS3Refusal(url);
    if (refusal === undefined) return;
    if (Date.now() > deadline) throw new Error(`Ceph's gateway does not answer: ${refusal}`);
    await setTimeout(100);
  }
}

/** Why nothing at `url` answers, or undefined when something does. */
export async function findS3Refusal(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 5_000 }, (response) => {
      response.resume();
      resolve(undefined);
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", (error) => resolve(error.message));
  });
}

/** One of each, no authentication below the gateway, and no waiting for votes of which there is one. */
async function configuration(
  root: string,
  folder: string,
  monitorPort: number,
  port: number,
): Promise<string> {
  const [libraries] = await extractedLibraries(root);
  return `[global]
mon_host = [v2:127.0.0.1:${monitorPort}]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_client_required = none
auth_cluster_required = none
auth_service_required = none
ms_mon_client_mode = crc secure
ms_client_mode = crc
plugin_dir = ${libraries}/ceph
erasure_code_dir = ${libraries}/ceph/erasure-code
osd_class_dir = ${libraries}/rados-classes
run_dir = ${folder}
admin_socket =
keyring = ${folder}/keyring
log_file = ${folder}/$name.log
mon_data = ${folder}/mon
mon_data_avail_crit = 0
mon_data_avail_warn = 1
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
paxos_propose_interval = 0.05
paxos_min_wait = 0.02
osd_data = ${folder}/osd
osd_objectstore = memstore
osd_memory_target = 1073741824
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
memstore_device_bytes = 6442450944
memstore_page_set = false
[client.rgw]
rgw_data = ${folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw_thread_pool_size = 16
rgw_rados_pool_pg_num_min = 1
rgw_s3_auth_use_sts = true
rgw_sts_key = panorama-tests-1
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = ${kmsKeyId}=${Buffer.alloc(32, "lake").toString("base64")}
`;
}
