import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { openAccount } from "./account.ts";
import { localLake, mysqlDatasource, openSite } from "./site.ts";

interface Outcome {
  readonly exitCode: number | undefined;
  /** Without times, and without the run's first and last line. */
  readonly told: readonly string[];
  readonly files: readonly string[];
}

/** Loads two tables over a connection that is wrong in one thing. */
async function loadWith(shop: TestDatabase, wrong: object): Promise<Outcome> {
  await using site = await openSite({
    datalake: localLake,
    datasources: [mysqlDatasource(shop, ["orders", "notes"], wrong)],
  });
  await writeFile(join(site.folder, "not-a.pem"), "This is no certificate.\n");
  const { exitCode, stdout, stderr } = await site.run("extract-and-load", "--all");
  expect(stdout).toBe("");
  const lines = stderr.trimEnd().split("\n");
  expect(lines.at(-1)).toContain("✗ Published 0 tables, 2 failed");
  const told = lines.slice(1, -1).map((line) => line.replace(/^\S+ /, "").replaceAll(site.folder, "."));
  return { exitCode, told, files: await site.files() };
}

describeOnServers("a connection that cannot be had is told once, and leaves nothing behind:", (server) => {
  const place = `${server.host}:${server.port}`;
  const notLoaded = "  Not loaded: orders, notes";

  test.each<[what: string, wrong: object, sentence: RegExp, remedy: string]>([
    [
      "a wrong password",
      { mysql_password: "wrong" },
      /^✗ shop: Cannot connect to \S+: Access denied for user 'root'@.* \(SOURCE_DENIED\)$/,
      "Check user name, password and the account's rights; it needs SELECT on the tables.",
    ],
    [
      "no such host",
      { mysql_host: "no-such-host.invalid" },
      /^✗ shop: Cannot connect to no-such-host\.invalid:\d+: .*no-such-host\.invalid \(SOURCE_UNREACHABLE\)$/,
      "Check host, port and network; `panorama test-connections` tries only the connections.",
    ],
    [
      "no such port",
      { mysql_port: 1 },
      /^✗ shop: Cannot connect to 127\.0\.0\.1:1: connect ECONNREFUSED 127\.0\.0\.1:1 \(SOURCE_UNREACHABLE\)$/,
      "Check host, port and network; `panorama test-connections` tries only the connections.",
    ],
    [
      "no such socket",
      { mysql_socket: "nowhere/sock" },
      /^✗ shop: Cannot connect to \.\/nowhere\/sock: connect ENOENT .* \(SOURCE_UNREACHABLE\)$/,
      "Check host, port and network; `panorama test-connections` tries only the connections.",
    ],
    [
      "no such database",
      { mysql_database: "nowhere" },
      /^✗ shop: Cannot connect to \S+: Unknown database 'nowhere' \(SOURCE_DATABASE_MISSING\)$/,
      "Check the database's name in the settings.",
    ],
    [
      "a certificate authority in a file that is not there",
      { mysql_ssl_ca: "ca.pem" },
      /^✗ shop: Cannot read the TLS file \.\/ca\.pem \(SOURCE_TLS\)$/,
      "Check the TLS settings (`mysql_ssl_mode` and `mysql_ssl_ca`, or `mongodb_tls_ca`) against the server's certificate.",
    ],
    [
      "a certificate authority that is none",
      { mysql_ssl_ca: "not-a.pem" },
      /^✗ shop: .*\(SOURCE_TLS\)$/,
      "Check the TLS settings (`mysql_ssl_mode` and `mysql_ssl_ca`, or `mongodb_tls_ca`) against the server's certificate.",
    ],
    [
      "a certificate that nobody vouches for",
      { mysql_ssl_mode: "verify_ca" },
      /^✗ shop: Cannot connect to \S+: .*certificate.* \(SOURCE_TLS\)$/,
      "Check the TLS settings (`mysql_ssl_mode` and `mysql_ssl_ca`, or `mongodb_tls_ca`) against the server's certificate.",
    ],
  ])("%s", async (_what, wrong, sentence, remedy) => {
    await using shop = await server.database();
    await shop.query("create table orders (id int primary key); create table notes (id int primary key)");

    const { exitCode, told, files } = await loadWith(shop, wrong);

    expect(told).toEqual([expect.stringMatching(sentence), `  ${remedy}`, notLoaded]);
    expect({ exitCode, files }).toEqual({ exitCode: 1, files: [] });
  });

  test("an account that may read nothing", async () => {
    await using shop = await server.database();
    await shop.query("create table orders (id int primary key); create table notes (id int primary key)");
    await using nobody = await openAccount(shop, "x");

    const { exitCode, told, files } = await loadWith(shop, nobody.login);

    expect(told[0]).toContain(`Cannot connect to ${place}: Access denied for user 'reader_`);
    expect(told[0]).toContain(`to database '${shop.name}' (SOURCE_DENIED)`);
    expect(told.slice(2)).toEqual([notLoaded]);
    expect({ exitCode, files }).toEqual({ exitCode: 1, files: [] });
  });
});
