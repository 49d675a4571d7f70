import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { setTimeout } from "node:timers/promises";
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
  /** From now on nothing gets through, either way, and no connection ends: as where the server's machine is gone. */
  fallSilent(): void;
  /** From now on the server does not understand a command with these words. */
  misspell(words: string): void;
}

export const commandByte = { query: 0x03, prepare: 0x16, execute: 0x17 } as const;

export interface WatchedWay {
  /** Where it listens. */
  readonly host?: string;
  /** How fast each connection gets what the server sends. */
  readonly bytesPerSecond?: number;
}

/** Listens, and hands on to the server. */
export async function watchServer(
  server: Pick<ServerAddress, "host" | "port">,
  { host = "127.0.0.1", bytesPerSecond }: WatchedWay = {},
): Promise<WatchedServer> {
  const commands: number[] = [];
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  let sawTls = false;
  let isSilent = false;
  const misspelled: string[] = [];
  const listener = createServer((client) => {
    sockets.add(client.on("error", () => undefined));
    if (isSilent) return;
    const toServer = connect(server.port, server.host);
    sockets.add(toServer.on("error", () => undefined));
    const watch = watchCommands(commands);
    client.on("data", (bytes: Buffer) => {
      for (const word of misspelled) {
        const at = bytes.indexOf(word);
        // The same bytes go to the server.
        if (at >= 0) bytes.fill("x", at, at + word.length);
      }
      chunks.push(bytes);
      sawTls ||= watch(bytes);
    });
    if (bytesPerSecond === undefined) pipeline(client, toServer, client, () => undefined);
    else
      pipeline(
        client,
        toServer,
        (sent) => slowed(sent, bytesPerSecond),
        client,
        () => undefined,
      );
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
    fallSilent: () => {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    misspell: (words) => {
      misspelled.push(words);
    },
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function* slowed(sent: AsyncIterable<Buffer>, bytesPerSecond: number): AsyncGenerator<Buffer> {
  for await (const bytes of sent) {
    await setTimeout((bytes.length / bytesPerSecond) * 1000);
    yield bytes;
  }
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
