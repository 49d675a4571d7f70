import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { type Db, MongoClient } from "mongodb";
import { describe, expect, inject, test } from "vitest";
import type { FoundMongoServer, MongoAddress } from "./mongo-address.ts";

export interface TestMongoServer extends MongoAddress {
  /** A fresh, empty database, dropped when disposed of. */
  database(): Promise<TestMongoDatabase>;
}

export interface TestMongoDatabase extends AsyncDisposable {
  readonly name: string;
  /** To fill it, and to see what the product has done. */
  readonly db: Db;
  /** Makes an account of this database, whose name and password are these. */
  createUser(user: string, password: string): Promise<void>;
}

const found = await askForServer();
let databaseCount = 0;

/**
 * Runs the suite on a server that speaks MongoDB's protocol. Where none can be had, its tests are skipped, and the run
 * says why; under CI=true they fail.
 */
export function describeOnMongo(name: string, suite: (server: TestMongoServer) => void): void {
  describe(name, () => {
    if ("address" in found) {
      suite({ ...found.address, database: () => makeDatabase(found.address) });
    } else {
      test("there is a Mongo server to test with", ({ skip }) => {
        if (!["", "0", "false"].includes(process.env["CI"] ?? "")) expect.fail(found.missing);
        skip(found.missing.split("\n")[0]);
      });
    }
  });
}

async function askForServer(): Promise<FoundMongoServer> {
  const [response] = (await once(get(inject("mongoServerUrl")), "response")) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as FoundMongoServer;
}

async function makeDatabase({ host, port, user, password }: MongoAddress): Promise<TestMongoDatabase> {
  const client = new MongoClient(`mongodb://${host}:${port}/`, {
    auth: { username: user, password },
    directConnection: true,
  });
  databaseCount += 1;
  const name = `test_${process.pid}_${Date.now().toString(36)}_${databaseCount}`;
  const db = client.db(name);
  const users: string[] = [];
  return {
    name,
    db,
    async createUser(newUser, newPassword) {
      const user = { createUser: newUser, pwd: newPassword };
      // FerretDB has users without roles, who may do everything.
      await db.command({ ...user, roles: ["read"] }).catch(() => db.command({ ...user, roles: [] }));
      users.push(newUser);
    },
    async [Symbol.asyncDispose]() {
      for (const each of users) await db.command({ dropUser: each });
      await db.dropDatabase();
      await client.close();
    },
  };
}
