import { createHmac } from "node:crypto";

/** Ids and addresses come again and again; what is longer is free text and does not. */
const longestRemembered = 256;
const mostRemembered = 50_000;

/** Takes a value's bytes as a string with a character for each byte, and returns 64 hexadecimal digits. */
export type KeyedHash = (bytes: string) => string;

/**
 * HMAC-SHA-256 under `key`. Without the key nobody can tell which value a hash stands for by trying them all,
 * which for e-mail addresses and ids would take no time. Remembers the hashes of some values, some 10 MB at most.
 */
export function keyedHash(key: string): KeyedHash {
  const remembered = new Map<string, string>();
  return (bytes) => {
    const known = remembered.get(bytes);
    if (known !== undefined) return known;
    const hash = createHmac("sha256", key).update(bytes, "latin1").digest("hex");
    if (bytes.length <= longestRemembered) {
      if (remembered.size >= mostRemembered) remembered.clear();
      remembered.set(bytes, hash);
    }
    return hash;
  };
}
