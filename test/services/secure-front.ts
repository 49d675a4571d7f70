import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificates } from "./certificates.ts";

/** `https://localhost:…`, where the certificate is good and all answers are another server's. */
export interface SecureFront extends AsyncDisposable {
  readonly url: string;
}

/** `target` is the other server's `http://host:port`. */
export async function openSecureFront(target: string, certificates: Certificates): Promise<SecureFront> {
  const { hostname: host, port } = new URL(target);
  const [key, cert] = await Promise.all([
    readFile(certificates.keyFile),
    readFile(certificates.certificateFile),
  ]);
  const front = createServer({ key, cert }, (incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const forwarded = request({ host, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(answer);
    });
    forwarded.on("error", () => answer.destroy());
    incoming.pipe(forwarded);
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  return {
    url: `https://localhost:${(front.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      front.closeAllConnections();
      front.close();
    },
  };
}
