import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { PanoramaError } from "../errors.ts";
import { type ManifestFile, storedAt } from "../lake/manifest.ts";
import { keyWithoutValues } from "../stores/lake-path.ts";
import type { Store } from "../stores/store.ts";

/** The files of a lake as files of the local disk, one after the other. */
export interface LocalFiles extends AsyncDisposable {
  /**
   * Does `work` with the path of a file, which may be a copy that goes afterwards. Throws `FORGET_IMPOSSIBLE` where `work`
   * finds that the file cannot be read (`QUERY_FAILED`), and `STORE_FULL` where no copy can be kept.
   */
  with<T>(file: Pick<ManifestFile, "key" | "stagedAs">, work: (path: string) => Promise<T>): Promise<T>;
}

/** Copies lie in a folder of their own below the system's temporary folder, which this account alone may enter. */
export async function openLocalFiles(store: Store): Promise<LocalFiles> {
  if (store.pathOf !== undefined) {
    const { pathOf } = store;
    return {
      with: (file, work) => reading(file.key, () => work(pathOf(storedAt(file)))),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  // Where none can be made, every table that needs it is told so.
  let folder: string | undefined;
  let count = 0;
  return {
    async with(file, work) {
      folder ??= await copying(() => mkdtemp(join(tmpdir(), "panorama-forget-")));
      const path = join(folder, String(count++));
      try {
        const copy = createWriteStream(path, { flags: "wx", mode: 0o600 });
        await copying(() => pipeline(store.read(storedAt(file)), copy));
        return await reading(file.key, () => work(path));
      } finally {
        await rm(path, { force: true });
      }
    },
    async [Symbol.asyncDispose]() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Without DuckDB's words, which may tell what is in the file and where that lies. */
async function reading<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof PanoramaError) || cause.code !== "QUERY_FAILED") throw cause;
    const where = keyWithoutValues(key);
    throw new PanoramaError("FORGET_IMPOSSIBLE", `${where} cannot be read: ${cause.message}`, { key: where });
  }
}

/** What the store throws stays as it is. */
async function copying<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (cause instanceof PanoramaError || !/^E[A-Z0-9]+$/.test(code)) throw cause;
    const message = `Cannot keep a copy of a file in the temporary folder ${tmpdir()} (${code}); TMPDIR names another one`;
    throw new PanoramaError("STORE_FULL", message, {}, { cause });
  }
}
