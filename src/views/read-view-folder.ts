import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PanoramaError } from "../errors.ts";
import type { ViewFile } from "./view-file.ts";

/** The `.sql` files of a folder, in name order. `viewName` says what the catalog calls the view of a file. */
export async function readViewFolder(
  folder: string,
  viewName: (name: string) => string = (name) => name,
): Promise<readonly ViewFile[]> {
  try {
    const names = (await readdir(folder)).filter((name) => /^[^.].*\.sql$/.test(name)).sort();
    return await Promise.all(
      names.map(async (file) => {
        const name = file.slice(0, -".sql".length);
        return { name, viewName: viewName(name), text: await readFile(join(folder, file), "utf8") };
      }),
    );
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new PanoramaError(
      "SETTINGS_INVALID",
      `Cannot read the views in ${folder} (${code})`,
      {},
      { cause },
    );
  }
}
