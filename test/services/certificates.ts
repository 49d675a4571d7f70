import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Command } from "./server-program.ts";

const run = promisify(execFile);

export interface Certificates {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Written out, because an extracted openssl finds no configuration of its own. */
const configuration = `
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = keyCertSign
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
`;

/** Makes an authority and a certificate for localhost and 127.0.0.1 in `folder`. */
export async function makeCertificates(openssl: Command, folder: string): Promise<Certificates> {
  const file = (name: string): string => join(folder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(file("openssl.cnf"), configuration);

  const [program, ...words] = openssl;
  const make = (...options: string[]): Promise<unknown> => run(program, [...words, ...options]);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const request = ["req", "-new", "-config", file("openssl.cnf"), "-sha256", ...key];
  const ca = ["-x509", "-days", "3650", "-subj", "/CN=Test authority", "-extensions", "ca"];
  await make(...request, ...ca, "-keyout", file("ca-key.pem"), "-out", file("ca.pem"));
  await make(...request, "-subj", "/CN=localhost", "-keyout", file("key.pem"), "-out", file("request.pem"));
  const signer = ["-CA", file("ca.pem"), "-CAkey", file("ca-key.pem"), "-CAcreateserial"];
  const extensions = ["-extfile", file("openssl.cnf"), "-extensions", "server"];
  const signed = [
    "x509",
    "-req",
    "-in",
    file("request.pem"),
    "-sha256",
    "-days",
    "3650",
    ...signer,
    ...extensions,
  ];
  await make(...signed, "-out", file("cert.pem"));
  return certificatesIn(folder);
}

/** Those that `makeCertificates` has made there. */
export function certificatesIn(folder: string): Certificates {
  const file = (name: string): string => join(folder, name);
  return { caFile: file("ca.pem"), certificateFile: file("cert.pem"), keyFile: file("key.pem") };
}
