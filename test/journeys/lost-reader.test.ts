import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import type { ServerAddress } from "../services/server-address.ts";
import { readEvents } from "./program.ts";
import { localLake, mysqlDatasource, openSite, type Site } from "./site.ts";

/** From 200,000 rows on a table is worth several connections. */
const rowCount = 262_144;
/** More than a connection gets before rows come, and less than a range of the table has. */
const inTheMiddle = 2 << 20;

/** A port of this machine by which a server is reached. */
interface Line extends AsyncDisposable {
  readonly port: number;
  readonly hasCut: () => boolean;
}

/**
 * A line that cuts a connection in the middle of its rows, once, the first of number `victim` and later; until then those
 * before it wait there, while there are such.
 */
async function openLine({ host, port }: Pick<ServerAddress, "host" | "port">, victim: number): Promise<Line> {
  const sockets: Socket[] = [];
  const waiting: Socket[] = [];
  let connections = 0;
  let victims = 0;
  let isCut = false;
  const resume = (): void => {
    for (const socket of waiting.splice(0)) socket.resume();
  };
  const line = createServer((client) => {
    const number = ++connections;
    const server = connect(port, host);
    sockets.push(client, server);
    if (number >= victim) {
      victims++;
      server.once("close", () => {
        if (--victims === 0) resume();
      });
    }
    const cut = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on("error", cut).on("close", cut);
    client.on("data", (bytes) => server.write(bytes));
    let byteCount = 0;
    server.on("data", (bytes) => {
      client.write(bytes);
      byteCount += bytes.length;
      if (isCut || byteCount < inTheMiddle) return;
      if (number >= victim) {
        isCut = true;
        cut();
        resume();
      } else if (victims > 0) {
        server.pause();
        waiting.push(server);
      }
    });
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");
  return {
    port: (line.address() as AddressInfo).port,
    hasCut: () => isCut,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      line.close();
      await once(line, "close");
    },
  };
}

async function fillVisits(school: TestDatabase): Promise<void> {
  await school.query(`
    create table visits (id int primary key auto_increment, note varchar(300));
    insert into visits (note) values (repeat('a', 240)), (repeat('b', 240))`);
  for (let doubled = 2; doubled < rowCount; doubled *= 2) {
    await school.query("insert into visits (note) select note from visits");
  }
  await school.query("analyze table visits");
}

/** The events of a load over a line that cut the further reader's connection. */
async function loadOverCutLine(
  school: TestDatabase,
): Promise<{ readonly site: Site; readonly stderr: string }> {
  for (;;) {
    // The first asks how large the table is, the second is the run's own, the third its further reader's; on a busy server
    // that opens more of them, until both see one moment, or none reads.
    await using line = await openLine(school.sourceOptions, 3);
    const there = { ...school.sourceOptions, host: "127.0.0.1", port: line.port };
    const datasource = mysqlDatasource({ name: school.name, sourceOptions: there }, ["visits"], {
      parallel_reads: 2,
    });
    const site = await openSite({ datalake: localLake, datasources: [datasource] });
    const { exitCode, stderr } = await site.run("--log-format", "json", "extract-and-load", "--all");
    expect(exitCode, stderr).toBe(0);
    if (line.hasCut()) return { site, stderr };
    await site[Symbol.asyncDispose]();
  }
}

describeOnServers("a further reader of a large table whose connection is lost", (server) => {
  test("costs the run some time: all is read anew, at another moment", async () => {
    await using school = await server.database();
    await fillVisits(school);
    const { site: opened, stderr } = await loadOverCutLine(school);
    await using site = opened;

    const events = readEvents(stderr);
    expect(events.filter(({ kind }) => kind === "warning" || kind.endsWith("-failed"))).toMatchObject([
      {
        source: "shop",
        message: "the connection was lost at visits: all tables are to be read anew, at another moment",
      },
    ]);
    expect((await site.files()).filter((file) => file.endsWith(".parquet"))).toHaveLength(2);
    expect(
      await site.query("select count(*) as n, count(distinct id) as ids from school_table_visits"),
    ).toEqual([{ n: rowCount, ids: rowCount }]);
  });
});
