import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import mysql from "mysql2";
import { expect, test } from "vitest";
import { type MysqlOptions } from "../../../src/sources/mysql/mysql-connection.ts";
import { openMysqlSession, readTlsVersion } from "../../../src/sources/mysql/mysql-session.ts";
import { openMysqlSource } from "../../../src/sources/mysql/mysql-source.ts";
import { loadedLake } from "../../golden/load-database.ts";
import { describeOnServers, type TestDatabase } from "../../services/mysql-server.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";
import { openSnapshot, optionsFor, unhurried } from "./open-source.ts";
import { createAccount } from "./test-account.ts";
import { watchServer } from "./watched-server.ts";

/** The version of TLS that a session uses, or undefined in the clear. */
async function tlsOf(db: TestDatabase, options: Partial<MysqlOptions>): Promise<string | undefined> {
  await using session = await openMysqlSession(optionsFor(db, options));
  return await readTlsVersion(session);
}

describeOnServers("TLS", (server) => {
  const sslCa = server.caFile;

  test("preferred stays in the clear on this machine, and required does not", async () => {
    await using db = await server.database();

    expect(await tlsOf(db, { sslMode: "preferred" })).toBeUndefined();
    expect(await tlsOf(db, { sslMode: "disabled" })).toBeUndefined();
    expect(await tlsOf(db, { sslMode: "required" })).toBe("TLSv1.3");
  });

  test("preferred uses it where the account demands it, and disabled is refused", async () => {
    await using db = await server.database();
    await using account = await createAccount(db, {
      rights: [`grant select on \`${db.name}\`.* to $account`],
      require: "require ssl",
    });

    expect(await tlsOf(db, { ...account, sslMode: "preferred" })).toBe("TLSv1.3");
    await expect(tlsOf(db, { ...account, sslMode: "disabled" })).rejects.toMatchObject({
      code: "SOURCE_DENIED",
    });
  });

  test.runIf(sslCa !== undefined)("verify_ca and verify_identity trust the server's authority", async () => {
    await using db = await server.database();

    expect(await tlsOf(db, { sslMode: "verify_ca", sslCa })).toBe("TLSv1.3");
    expect(await tlsOf(db, { sslMode: "verify_identity", sslCa, host: "localhost" })).toBe("TLSv1.3");
    expect(await tlsOf(db, { sslMode: "verify_identity", sslCa, host: "127.0.0.1" })).toBe("TLSv1.3");
  });

  test.runIf(sslCa !== undefined).each(["127.0.0.2", "127.0.0.3"])(
    "verify_identity refuses a certificate that does not name %s, verify_ca takes it",
    async (host) => {
      await using db = await server.database();
      await using other = await watchServer(server, { host });
      const place = { host, port: other.port, sslCa };

      await expect(tlsOf(db, { ...place, sslMode: "verify_identity" })).rejects.toMatchObject({
        code: "SOURCE_TLS",
        message: expect.stringContaining(`IP: ${host} is not in the cert's list`) as string,
      });
      expect(await tlsOf(db, { ...place, sslMode: "verify_ca" })).toBe("TLSv1.3");
    },
  );

  test.runIf(sslCa !== undefined)("verify_identity refuses another name of the same machine", async () => {
    await using db = await server.database();

    // Any resolver takes it for 127.0.0.1.
    await expect(tlsOf(db, { sslMode: "verify_identity", sslCa, host: "127.1" })).rejects.toMatchObject({
      code: "SOURCE_TLS",
      message: expect.stringContaining("Host: 127.1. is not in the cert's altnames") as string,
    });
  });

  test("a certificate of another authority is refused", async () => {
    await using db = await server.database();
    await using folder = await temporaryFolder();
    const other = join(folder.path, "other-ca.pem");
    await writeFile(other, rootCertificates[0] ?? "");

    for (const options of [{ sslCa: other }, {}]) {
      await expect(tlsOf(db, { sslMode: "verify_ca", ...options })).rejects.toMatchObject({
        code: "SOURCE_TLS",
        message: expect.stringMatching(/^Cannot connect to 127\.0\.0\.1:\d+: .*certificate/) as string,
      });
    }
  });

  test("a file of certificates that is not there, or is none, is named", async () => {
    await using db = await server.database();
    await using folder = await temporaryFolder();
    const notPem = join(folder.path, "not.pem");
    await writeFile(notPem, "not a certificate");

    await expect(tlsOf(db, { sslMode: "verify_ca", sslCa: "/nowhere/ca.pem" })).rejects.toMatchObject({
      code: "SOURCE_TLS",
      message: "Cannot read the TLS file /nowhere/ca.pem",
    });
    for (const options of [{ sslCa: notPem }, { sslCert: notPem, sslKey: notPem }]) {
      await expect(tlsOf(db, { sslMode: "verify_ca", ...options })).rejects.toMatchObject({
        code: "SOURCE_TLS",
      });
    }
  });

  test("the password of a fresh account is never sent in the clear", async () => {
    await using db = await server.database();
    await using account = await createAccount(db, {
      rights: [`grant select on \`${db.name}\`.* to $account`],
      ...(server.kind === "mysql" ? { identified: "with caching_sha2_password by" } : {}),
    });
    await using watched = await watchServer(server);
    const place = { ...account, host: watched.host, port: watched.port };

    expect(await tlsOf(db, { ...place, sslMode: "preferred" })).toBeUndefined();
    expect(await tlsOf(db, { ...place, sslMode: "preferred" })).toBeUndefined();

    expect(watched.sent.includes(account.password)).toBe(false);
    expect(watched.sawTls).toBe(false);
  });

  test.runIf(server.socket !== undefined)("a socket is used in place of host and port", async () => {
    await using db = await server.database();
    await db.query("create table t (id int primary key); insert into t values (1)");

    await using lake = await loadedLake(db, {
      tables: [{ name: "t" }],
      datasource: { mysql_socket: server.socket, mysql_host: "nowhere.invalid" },
    });

    expect((await lake.ask("select * from table_t")).rows).toEqual([["1"]]);
  });

  test.each([{ sslMode: "disabled" }, { sslMode: "required" }] as const)(
    "a compressed connection ($sslMode) reads equal data",
    async ({ sslMode }) => {
      await using db = await server.database();
      await db.query(`
        create table t (id int primary key auto_increment, v longtext);
        insert into t (v) values (repeat('abc', 100000)), (''), (null), (repeat(uuid(), 1000)), ('x');
        insert into t (v) select concat(v, id) from t; insert into t (v) select concat(v, id) from t;
        insert into t (v) select concat(v, id) from t; insert into t (v) select concat(v, id) from t;
        insert into t (v) values (repeat('z', 17000000))`);
      await using plain = await openSnapshot(db, { sslMode });
      await using compressed = await openSnapshot(db, { sslMode, compress: true });

      const rows = await compressed.read("t");

      expect(rows).toHaveLength(81);
      expect(rows).toEqual(await plain.read("t"));
    },
  );
});

test("required against a server without TLS is refused before a password is sent, and preferred goes on", async () => {
  await using without = await serverWithoutTls();
  const options = { name: "shop", ...without.place, user: "u", password: "p", database: "d" } as const;

  for (const sslMode of ["required", "verify_ca", "verify_identity"] as const) {
    const source = openMysqlSource({ ...options, sslMode });
    await expect(source.openSnapshot(unhurried)).rejects.toMatchObject({
      code: "SOURCE_TLS",
      message: `Cannot connect to 127.0.0.1:${without.place.port}: Server does not support secure connection`,
    });
  }
  expect(without.logins).toEqual([]);
  await expect(openMysqlSession({ ...options, sslMode: "preferred" })).rejects.toMatchObject({
    code: "SOURCE_DENIED",
  });
  expect(without.logins).toEqual(["u"]);
});

/** What mysql2 gives to a server for each client. */
interface ServerSide {
  on(event: "error", listener: () => void): void;
  serverHandshake(
    options: Readonly<Record<string, unknown>> & {
      readonly authCallback: (
        login: { readonly user: string },
        done: (error: null, refusal: object) => void,
      ) => void;
    },
  ): void;
}

/** A server that speaks the handshake, has no TLS and lets nobody in. */
async function serverWithoutTls(): Promise<
  AsyncDisposable & { readonly place: { host: string; port: number }; readonly logins: readonly string[] }
> {
  const logins: string[] = [];
  const server = mysql.createServer((connection: unknown) => {
    const client = connection as ServerSide;
    client.on("error", () => undefined);
    client.serverHandshake({
      protocolVersion: 10,
      serverVersion: "8.4.0",
      connectionId: 1,
      statusFlags: 2,
      characterSet: 45,
      // Protocol 4.1, secure connection, plugin authentication, connect with a database; no TLS.
      capabilityFlags: 0x00088208,
      authCallback: ({ user }, done) => {
        logins.push(user);
        done(null, { message: "Access denied", code: 1045 });
      },
    });
  });
  const { _server: listener } = server as unknown as { readonly _server: Server };
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    place: { host: "127.0.0.1", port: (listener.address() as AddressInfo).port },
    logins,
    [Symbol.asyncDispose]: () => new Promise((resolve) => listener.close(() => resolve())),
  };
}
