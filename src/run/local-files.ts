import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Store } from "../stores/store.ts";

/** The files of a lake as files of the local disk, one after the other. */
export interface LocalFiles extends AsyncDisposable {
  /** Does `work` with the path of a file, which may be a copy that goes afterwards. */
  with<T>(key: string, work: (path: string) => Promise<T>): Promise<T>;
}

/** Copies lie in a folder of their own below the system's temporary folder, which this account alone may enter. */
export async function openLocalFiles(store: Store): Promise<LocalFiles> {
  if (store.pathOf !== undefined) {
    const { pathOf } = store;
    return { with: (key, work) => work(pathOf(key)), [Symbol.asyncDispose]: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), "panorama-forget-"));
  let count = 0;
  return {
    async with(key, work) {
      const path = join(folder, String(count++));
      try {
        await pipeline(store.read(key), createWriteStream(path, { flags: "wx", mode: 0o600 }));
        return await work(path);
      } finally {
        await rm(path, { force: true });
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
