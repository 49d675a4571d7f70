import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import type { ServerAddress } from "../../services/server-address.ts";

/** A way to the server that sees what clients ask, as long as they ask without TLS and compression. */
export interface WatchedServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** First bytes of the commands so far: https://dev.mysql.com/doc/dev/mysql-server/latest/my__command_8h.html */
  readonly commands: readonly number[];
  /** All that clients have sent. */
  readonly sent: Buffer;
  /** True when a client has asked for TLS. */
  readonly sawTls: boolean;
}

export const commandByte = { query: 0x03, prepare: 0x16, execute: 0x17 } as const;

/** Listens on `host` and hands on to the server. */
export async function watchServer(server: ServerAddress, host = "127.0.0.1"): Promise<WatchedServer> {
  const commands: number[] = [];
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  let sawTls = false;
  const listener = createServer((client) => {
    const toServer = connect(server.port, server.host);
    for (const socket of [client, toServer]) sockets.add(socket.on("error", () => undefined));
    const watch = watchCommands(commands);
    client.on("data", (bytes: Buffer) => {
      chunks.push(bytes);
      sawTls ||= watch(bytes);
    });
    pipeline(client, toServer, client, () => undefined);
  });
  listener.listen(0, host);
  await once(listener, "listening");
  return {
    host,
    port: (listener.address() as AddressInfo).port,
    commands,
    get sent() {
      return Buffer.concat(chunks);
    },
    get sawTls() {
      return sawTls;
    },
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Takes a client's bytes as they come; answers whether they turned into TLS. */
function watchCommands(commands: number[]): (bytes: Buffer) => boolean {
  let pending = Buffer.alloc(0);
  let isTls = false;
  return (bytes) => {
    if (isTls) return true;
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 5 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
      // A client hello of TLS, where a packet of MySQL has its length.
      if (pending[0] === 0x16 && pending[1] === 0x03) isTls = true;
      if (isTls) return true;
      // Packets of the handshake continue the server's numbers; each command begins at 0.
      if (pending[3] === 0) commands.push(pending[4] as number);
      pending = pending.subarray(4 + pending.readUIntLE(0, 3));
    }
    return false;
  };
}
