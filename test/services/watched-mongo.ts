import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { BSON, type Document } from "mongodb";
import type { MongoAddress } from "./mongo-address.ts";

/** A question that a client has asked. */
export interface SeenCommand {
  /** `find`, `getMore`, … */
  readonly name: string;
  readonly collection: string;
  /** Of a find: how many ids it asks for. */
  readonly idCount: number;
  readonly command: Document;
}

/** A way to a Mongo server on which everything is seen, and which may be cut. Disposing ends it. */
export interface WatchedMongo extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** In the order in which they came. */
  readonly commands: readonly SeenCommand[];
  /** The finds in one collection. */
  finds(collection: string): readonly SeenCommand[];
  /** From now on every connection ends at the first find for which `when` holds. */
  cutAt(when: (command: SeenCommand) => boolean): void;
}

export async function watchMongo(target: MongoAddress): Promise<WatchedMongo> {
  const commands: SeenCommand[] = [];
  const sockets = new Set<Socket>();
  let cut: (command: SeenCommand) => boolean = () => false;
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // The other side is ended with it.
      socket
        .on("error", () => undefined)
        .on("close", () => [client, upstream].forEach((each) => each.destroy()));
    }
    let waiting: Buffer = Buffer.alloc(0);
    client.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 4 && waiting.length >= waiting.readInt32LE(0)) {
        const message = waiting.subarray(0, waiting.readInt32LE(0));
        waiting = waiting.subarray(message.length);
        const seen = readCommand(message);
        if (seen !== undefined) commands.push(seen);
        if (seen !== undefined && cut(seen)) return void client.destroy();
        upstream.write(message);
      }
    });
    upstream.pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    commands,
    finds: (collection) => commands.filter((seen) => seen.name === "find" && seen.collection === collection),
    cutAt: (when) => (cut = when),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_msg */
function readCommand(message: Buffer): SeenCommand | undefined {
  const isMessage = message.readInt32LE(12) === 2013 && message[20] === 0;
  if (!isMessage) return undefined;
  const size = message.readInt32LE(21);
  const command = BSON.deserialize(message.subarray(21, 21 + size));
  const [name = ""] = Object.keys(command);
  const ids = (command["filter"] as { _id?: { $in?: unknown[] } } | undefined)?._id?.$in;
  return { name, collection: String(command[name]), idCount: ids?.length ?? 0, command };
}
