import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json, text } from "node:stream/consumers";

/** What was asked of Glue or Athena. */
export interface AwsCall {
  /** `CreateTable`, `StartQueryExecution`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What is said in place of the server's own answer. */
export type AwsAnswer =
  | { readonly refusal: string; readonly message?: string; readonly status?: number }
  | { readonly output: object }
  /** The server does what it was asked to do, and the connection is reset when it answers. */
  | { readonly lost: true };

/** Stands in front of Glue and Athena, writes down what is asked, and answers in their place. Disposing ends it. */
export interface AwsFront extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they came, attempts each. */
  readonly calls: readonly AwsCall[];
  /** How often each operation was asked for since the last time, attempts each. */
  takeCounts(): Readonly<Record<string, number>>;
  /** Asked for each call from now on; undefined lets the server answer. */
  answer(choose: (call: AwsCall) => AwsAnswer | undefined | Promise<AwsAnswer | undefined>): void;
}

/** Without a `target` what `answer` does not answer is refused as throttled for ever. */
export async function openAwsFront(target?: string): Promise<AwsFront> {
  const calls: AwsCall[] = [];
  let counted = 0;
  let choose: Parameters<AwsFront["answer"]>[0] = () => undefined;
  const server = createServer((incoming, response) => {
    void handle(incoming, response);
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(incoming.headers["x-amz-target"]).split(".")[1] ?? "";
    const input = (await json(incoming)) as AwsCall["input"];
    const call = { operation, input };
    calls.push(call);
    const chosen =
      (await choose(call)) ?? (target === undefined ? { refusal: "ThrottlingException" } : undefined);
    if (chosen !== undefined && "refusal" in chosen) {
      const { refusal, message = "refused by the test", status = 400 } = chosen;
      reply(response, status, { __type: refusal, message });
    } else if (chosen !== undefined && "output" in chosen) {
      reply(response, 200, chosen.output);
    } else {
      const answered = await handOn(new URL(target ?? ""), incoming, JSON.stringify(input));
      if (chosen !== undefined) incoming.socket.resetAndDestroy();
      else
        response
          .writeHead(answered.status, { "content-type": "application/x-amz-json-1.1" })
          .end(answered.body);
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    takeCounts() {
      const counts: Record<string, number> = {};
      for (const { operation } of calls.slice(counted)) counts[operation] = (counts[operation] ?? 0) + 1;
      counted = calls.length;
      return counts;
    },
    answer(chosen) {
      choose = chosen;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Refuses the first `count` calls of an operation. */
export function refuseFirst(
  count: number,
  operation: string,
  refusal: string,
  message?: string,
): (call: AwsCall) => AwsAnswer | undefined {
  let left = count;
  return (call) => {
    if (call.operation !== operation || left === 0) return undefined;
    left -= 1;
    return { refusal, ...(message === undefined ? {} : { message }) };
  };
}

/** Refuses an operation as IAM does when the right is not granted. */
export function deny(...operations: readonly string[]): (call: AwsCall) => AwsAnswer | undefined {
  return ({ operation }) =>
    operations.includes(operation)
      ? {
          refusal: "AccessDeniedException",
          message:
            `User: arn:aws:iam::123456789012:user/panorama is not authorized to perform: glue:${operation} on ` +
            "resource: arn:aws:glue:us-east-1:123456789012:table/panorama/orders because no identity-based policy allows it",
        }
      : undefined;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
}

async function handOn(
  target: URL,
  { headers, url }: IncomingMessage,
  body: string,
): Promise<{ readonly status: number; readonly body: string }> {
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const options = { host: target.hostname, port: target.port, path: url, method: "POST" };
  const forwarded = request({ ...options, headers: { ...headers, ...length } });
  forwarded.end(body);
  const [answered] = (await once(forwarded, "response")) as [IncomingMessage];
  return { status: answered.statusCode ?? 500, body: await text(answered) };
}
