import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import {
  openStructuresSource,
  type StructuresSourceOptions,
} from "../../../src/sources/openedx-structures/structures-source.ts";
import { findFreePort } from "../../services/local-server.ts";
import { describeOnMongo } from "../../services/mongo-server.ts";
import { describeOnServers } from "../../services/mysql-server.ts";
import {
  createIndexTable,
  fill,
  fixture,
  mysqlOptionsOf,
  optionsFor,
  readTable,
} from "./modulestore-world.ts";

async function check(
  options: StructuresSourceOptions,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  await using source = openStructuresSource(options);
  return await source.check();
}

/** Options that reach nothing but what is said here. */
const nothing = {
  host: "nowhere.invalid",
  username: undefined,
  password: undefined,
  authSource: undefined,
} as const;

describeOnMongo("connections to MongoDB", (server) => {
  test("a user of the modulestore's own database, as the original has it", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);
    await mongo.createUser("reader", "p/w :@é%");

    const options = optionsFor(server, mongo, {
      username: "reader",
      password: "p/w :@é%",
      authSource: undefined,
    });

    expect((await readTable(options)).rows).toHaveLength(48);
    expect(await check(options)).toMatchObject({ ok: true });
  });

  test("a connection string says where, who and how", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);
    const { host, port, user, password } = server;
    const uri = `mongodb://${user}:${password}@${host}:${port}/?authSource=admin&readPreference=secondaryPreferred&directConnection=true`;

    expect((await readTable(optionsFor(server, mongo, { ...nothing, uri }))).rows).toHaveLength(48);
  });

  test("user and password may stand beside a connection string", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);
    const uri = `mongodb://${server.host}:${server.port}/?directConnection=true`;
    const { user: username, password } = server;

    const options = optionsFor(server, mongo, { ...nothing, uri, username, password });

    expect((await readTable(options)).rows).toHaveLength(48);
  });

  test("the host may say its port", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);

    const options = optionsFor(server, mongo, { host: `localhost:${server.port}`, port: undefined });

    expect(await check(options)).toMatchObject({ ok: true });
  });

  test("a wrong password is told, by a check and by a load, without the password", async () => {
    await using mongo = await server.database();
    await fill(mongo, fixture);
    const options = optionsFor(server, mongo, { password: "s3cret-and-wrong" });

    const { ok, detail } = await check(options);

    expect({ ok, detail }).toEqual({
      ok: false,
      detail: expect.stringMatching(
        /^Cannot connect to 127\.0\.0\.1:\d+: Authentication failed\.; `mongodb_auth_source` .* \(SOURCE_DENIED\)/,
      ) as string,
    });
    await expect(readTable(options)).rejects.toMatchObject({ code: "SOURCE_DENIED" });
    expect(detail).not.toContain("s3cret");
  });

  test("without a user a server that wants one is told from one that is not there", async () => {
    await using mongo = await server.database();
    const anonymous = { username: undefined, password: undefined, authSource: undefined };

    await expect(readTable(optionsFor(server, mongo, anonymous))).rejects.toMatchObject({
      code: "SOURCE_DENIED",
    });
  });

  test("a server that is not there is told", async () => {
    await using mongo = await server.database();
    const port = await findFreePort();
    const uri = `mongodb://somebody:s3cret@127.0.0.1:${port}/?serverSelectionTimeoutMS=200`;

    const { ok, detail } = await check(optionsFor(server, mongo, { ...nothing, uri }));

    expect(ok).toBe(false);
    expect(detail).toMatch(/^Cannot connect to 127\.0\.0\.1:\d+: .*ECONNREFUSED.* \(SOURCE_UNREACHABLE\)/);
    expect(detail).not.toContain("s3cret");
  });

  test.each([
    ["mongodb://somebody:s3cret/with:slash@127.0.0.1/"],
    ["mongodb://somebody:s3cret@127.0.0.1/?noSuchOption=s3cret"],
    ["mongodb+srv://somebody:s3cret@127.0.0.1:27017/"],
    ["mongodb://"],
  ])("a connection string that is none is told, and not shown: %s", async (uri) => {
    await using mongo = await server.database();

    const { ok, detail } = await check(optionsFor(server, mongo, { ...nothing, uri }));

    expect(ok).toBe(false);
    expect(detail).toMatch(/\(SETTINGS_INVALID\)/);
    expect(detail).not.toContain("s3cret");
    const failure = await readTable(optionsFor(server, mongo, { ...nothing, uri })).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "SETTINGS_INVALID" });
    expect(failure).not.toHaveProperty("cause");
  });

  test("a database without a modulestore is told", async () => {
    await using mongo = await server.database();

    expect(await check(optionsFor(server, mongo))).toMatchObject({
      ok: false,
      detail: expect.stringMatching(
        /^The database \S+ at \S+ has nothing in modulestore\.structures \(SOURCE_EMPTY\)/,
      ) as string,
    });
  });

  test("an abort ends the wait for a server that says nothing", async () => {
    await using mongo = await server.database();
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const stopping = new AbortController();
    const reason = new Error("stopped");

    const options = optionsFor(server, mongo, { port: (silent.address() as AddressInfo).port });
    const reading = readTable(options, undefined, stopping.signal);
    const [socket] = (await once(silent, "connection")) as [Socket];
    stopping.abort(reason);

    await expect(reading).rejects.toBe(reason);
    socket.destroy();
    silent.close();
  });

  test.runIf(server.tls !== undefined)(
    "TLS with an authority that is trusted, and not with another",
    async () => {
      await using mongo = await server.database();
      await fill(mongo, fixture);
      const { port, caFile: tlsCa } = server.tls ?? { port: 0, caFile: "" };
      const secure = { ...server, port };

      expect(await check(optionsFor(secure, mongo, { tls: true, tlsCa }))).toMatchObject({ ok: true });
      expect(await check(optionsFor(secure, mongo, { tls: true, tlsCa, host: "localhost" }))).toMatchObject({
        ok: true,
      });
      for (const options of [{ tls: true }, { tls: true, tlsCa: "/no/such/file.pem" }]) {
        const { ok, detail } = await check(optionsFor(secure, mongo, options));
        expect({ ok, detail }).toEqual({
          ok: false,
          detail: expect.stringContaining("(SOURCE_TLS)") as string,
        });
      }
    },
    60_000,
  );

  describeOnServers(
    "and to the LMS's database",
    (mysqlServer) => {
      test("a wrong password of either is told as what it is", async () => {
        await using mongo = await server.database();
        await using mysql = await mysqlServer.database();
        await fill(mongo, fixture);
        await createIndexTable(mysql, {});
        const right = mysqlOptionsOf(mysql);

        expect(
          await check(optionsFor(server, mongo, { mysql: { ...right, password: "s3cret" } })),
        ).toMatchObject({
          ok: false,
          detail: expect.stringMatching(/\(SOURCE_DENIED\)/) as string,
        });
        expect(await check(optionsFor(server, mongo, { mysql: right }))).toMatchObject({
          ok: false,
          detail: expect.stringMatching(
            /^No course is published in split_modulestore.* \(SOURCE_EMPTY\)/,
          ) as string,
        });
      });
    },
    ["mariadb"],
  );
});
