import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came in. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What happens to a request in place of an answer. */
export type Fault =
  /** The server is not asked. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      /** XML beside code and message. */
      readonly more?: string;
    }
  /** The connection is reset when so many bytes of the request's body have come. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** The connection is reset at once, as by a server that is not there. */
  | { readonly kind: "gone" }
  /** Nothing is read and nothing is said. */
  | { readonly kind: "stall" }
  /** The server does what it was asked to do, and the connection is reset when it answers. */
  | { readonly kind: "lost answer" }
  /** The connection is reset when so many bytes of the answer's body are through. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Whatever the server did, success is told. */
  | { readonly kind: "pretended success" };

/** A server that hands requests on to another one, but for those that a test wants to fail. Disposing ends it. */
export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they came, attempts each. */
  readonly requests: readonly SeenRequest[];
  /** Asked for each request from now on. */
  fail(choose: (request: SeenRequest) => Fault | undefined): void;
}

export async function openFaultyProxy(target: string): Promise<FaultyProxy> {
  const requests: SeenRequest[] = [];
  let choose: (request: SeenRequest) => Fault | undefined = () => undefined;
  const server = createServer((incoming, response) => {
    const { method = "", url = "", headers } = incoming;
    const seen = { method, url, headers };
    requests.push(seen);
    const fault = choose(seen);
    // Whoever gives up early has been told, or does not want to be.
    incoming.on("error", () => {});
    response.on("error", () => {});
    if (fault?.kind === "stall") return;
    if (fault?.kind === "gone") incoming.socket.resetAndDestroy();
    else if (fault?.kind === "answer") answer(incoming, response, fault);
    else if (fault?.kind === "reset") resetAfter(incoming, fault.afterBytes, incoming);
    else handOn(new URL(url, target), incoming, response, fault);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fail(chosen) {
      choose = chosen;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Fails the first `count` requests that fit. */
export function firstOf(
  count: number,
  fits: (request: SeenRequest) => boolean,
  fault: Fault,
): (request: SeenRequest) => Fault | undefined {
  let left = count;
  return (seen) => {
    if (left === 0 || !fits(seen)) return undefined;
    left -= 1;
    return fault;
  };
}

function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status, code, message = "", more = "" }: Fault & { kind: "answer" },
): void {
  incoming.resume();
  incoming.on("end", () => {
    response.writeHead(status, { "content-type": "application/xml" });
    const body = `<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
    response.end(incoming.method === "HEAD" ? "" : body);
  });
}

function resetAfter(counted: IncomingMessage, afterBytes: number, connection: IncomingMessage): void {
  let byteCount = 0;
  counted.on("data", (chunk: Buffer) => {
    byteCount += chunk.length;
    if (byteCount >= afterBytes) connection.socket.resetAndDestroy();
  });
}

/** The host's name is part of what is signed, so the headers go through as they came. */
function handOn(
  url: URL,
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): void {
  const { method, headers } = incoming;
  const forwarded = request({ host: url.hostname, port: url.port, path: incoming.url, method, headers });
  forwarded.on("error", () => incoming.socket.destroy());
  forwarded.on("response", (answered) => {
    if (fault?.kind === "lost answer") {
      answered.resume();
      answered.on("end", () => incoming.socket.resetAndDestroy());
      return;
    }
    if (fault?.kind === "pretended success") {
      answered.resume();
      response.writeHead(200, { etag: '"0"', "content-length": 0 }).end();
      return;
    }
    response.writeHead(answered.statusCode ?? 500, answered.headers);
    if (fault?.kind === "cut") resetAfter(answered, fault.afterBytes, incoming);
    answered.pipe(response);
  });
  incoming.pipe(forwarded);
}
