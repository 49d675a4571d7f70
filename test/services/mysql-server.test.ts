import { readFile } from "node:fs/promises";
import { createConnection } from "mysql2/promise";
import { expect, test } from "vitest";
import { describeOnServers } from "./mysql-server.ts";

// Of a server that the environment names only its owner knows how it is set up.
const started = process.env["PANORAMA_TEST_MARIADB_URL"] ?? process.env["PANORAMA_TEST_MYSQL_URL"] ?? "";

describeOnServers("a test server", (server) => {
  test("stores dates that are not dates", async () => {
    await using db = await server.database({ name: "odd `name` é" });

    await db.query("create table t (d date); insert into t values ('0000-00-00'), ('2024-02-31')");

    expect(await db.query("select d from t")).toEqual([{ d: "0000-00-00" }, { d: "2024-02-31" }]);
  });

  test.runIf(started === "")("keeps a time zone of its own and a binary log of rows", async () => {
    await using db = await server.database();

    const [settings] = await db.query("select @@version, @@global.time_zone, @@log_bin + 0, @@binlog_format");

    const version = server.kind === "mariadb" ? /MariaDB/ : /^\d+\.\d+\.\d+(?!.*MariaDB)/;
    expect(Object.values(settings ?? {}).map(String)).toEqual([
      expect.stringMatching(version),
      "+05:00",
      expect.stringMatching(/^1/),
      "ROW",
    ]);
  });

  test.runIf(server.caFile !== undefined)("shows a certificate for the name it is reached by", async () => {
    const { host, port, user, password, caFile = "" } = server;
    const ssl = { ca: await readFile(caFile), verifyIdentity: true };

    const connection = await createConnection({ host, port, user, password, ssl });

    const [rows] = await connection.query("show status like 'Ssl_version'");
    expect(rows).toEqual([{ Variable_name: "Ssl_version", Value: "TLSv1.3" }]);
    await connection.end();
  });
});
