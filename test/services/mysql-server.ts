import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { describe, expect, inject, test } from "vitest";
import type { FoundServer } from "./open-test-servers.ts";
import { type ServerAddress, type ServerKind, serverKinds, serverNames } from "./server-address.ts";

export interface TestServer extends ServerAddress {
  /** A fresh, empty database, dropped when disposed of. `name` begins its name and may hold any character. */
  database(options?: { readonly name?: string }): Promise<TestDatabase>;
}

export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** What a source needs to connect to this database over TCP. */
  readonly sourceOptions: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };

  /**
   * Runs one or more statements in a session that stores zero and impossible dates. Answers with the rows of a
   * single statement that has some, else with none; 64-bit integers, decimals and dates come as strings.
   */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const servers = await askForServers();

/**
 * Runs the suite once on MariaDB and once on MySQL, or on `kinds` alone where the story is not about the server.
 * Where one cannot be had, its tests are skipped, and the run says why; under CI=true they fail.
 */
export function describeOnServers(
  name: string,
  suite: (server: TestServer) => void,
  kinds: readonly ServerKind[] = serverKinds,
): void {
  for (const kind of kinds) {
    const found = servers[kind];
    describe(`${name} (${serverNames[kind]})`, () => {
      if ("address" in found) {
        suite(withDatabases(found.address));
      } else {
        test(`there is a ${serverNames[kind]} to test with`, ({ skip }) => {
          if (isCi()) expect.fail(found.missing);
          skip(found.missing.split("\n")[0]);
        });
      }
    });
  }
}

async function askForServers(): Promise<Readonly<Record<ServerKind, FoundServer>>> {
  const [response] = (await once(get(inject("testServersUrl")), "response")) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as Readonly<Record<ServerKind, FoundServer>>;
}

/** Where a test that cannot find its server fails. */
export function isCi(): boolean {
  return !["", "0", "false"].includes(process.env["CI"] ?? "");
}

let databaseCount = 0;

function withDatabases(address: ServerAddress): TestServer {
  return {
    ...address,
    database: async ({ name: stem = "test" } = {}) => {
      databaseCount += 1;
      const name = `${stem}_${process.pid}_${databaseCount}`;
      const { host, port, user, password } = address;
      const session = await createConnection({
        ...{ host, port, user, password },
        charset: "utf8mb4",
        multipleStatements: true,
        supportBigNumbers: true,
        bigNumberStrings: true,
        dateStrings: true,
      });
      const quoted = `\`${name.replaceAll("`", "``")}\``;
      await session.query(`
        set session sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION';
        create database ${quoted} character set utf8mb4;
        use ${quoted}`);
      return {
        name,
        sourceOptions: { host, port, user, password, database: name },
        query: async (sql, values = []) => {
          const [rows] = await session.query<RowDataPacket[]>(sql, [...values]);
          return Array.isArray(rows) ? rows : [];
        },
        [Symbol.asyncDispose]: async () => {
          await session.query(`drop database ${quoted}`);
          await session.end();
        },
      };
    },
  };
}
