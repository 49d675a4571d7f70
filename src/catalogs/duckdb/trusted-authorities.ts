import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";

/** A file, removed when disposed of. */
export interface AuthoritiesFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Writes down whose certificates this program trusts, so that DuckDB trusts the same: it knows only the system's
 * list, which small container images do not have, and none that a variable names.
 */
export async function writeTrustedAuthorities(): Promise<AuthoritiesFile> {
  const folder = await mkdtemp(join(tmpdir(), "panorama-authorities-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "authorities.pem");
    const added = await Promise.all(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].map(readNamedFile));
    await writeFile(path, [...rootCertificates, ...added].join("\n"));
    return { path, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Nothing when it cannot be read: Node, too, goes on without it. */
async function readNamedFile(variable: string): Promise<string> {
  const path = process.env[variable] ?? "";
  return path === "" ? "" : readFile(path, "utf8").catch(() => "");
}
