import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PanoramaError } from "../../src/errors.ts";
import { readSettings } from "../../src/settings/read-settings.ts";

export interface SettingsFile extends AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  /** Writes a file beside the settings file. */
  write(name: string, content: string | Uint8Array): Promise<string>;
}

/** A settings file in a folder of its own, removed at the end of the test. */
export async function settingsFile(content: string | Uint8Array): Promise<SettingsFile> {
  const folder = await mkdtemp(join(tmpdir(), "panorama-settings-"));
  const write = async (name: string, bytes: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  return {
    folder,
    path: await write("settings.yaml", content),
    write,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The lines of the error after the count, each without the file's path: `3: datalake.type: …`. */
export async function problemsOf(
  content: string | Uint8Array,
  environment: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  await using file = await settingsFile(content);
  const error = await failureOf(readSettings(file.path, environment));
  const [count, ...lines] = error.message.split("\n");
  if (lines.length === 0) return [error.message.replaceAll(file.path, "settings.yaml")];
  if (Number.parseInt(count ?? "", 10) !== lines.length)
    throw new Error(`the count is wrong: ${error.message}`);
  return lines.map((line) => line.replace(`${file.path}:`, ""));
}

export async function failureOf(work: Promise<unknown>): Promise<PanoramaError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PanoramaError) return error;
    throw error;
  }
  throw new Error("this should have failed");
}

/** A whole settings file around the settings of one MySQL datasource's tables. */
export function withTables(tables: string): string {
  return `datalake: {type: local, path: lake, base_prefix: shop, base_partitions: [{name: lms, value: a}]}
datasources:
- type: mysql
  name: db
  mysql_database: shop
  tables:
${tables}`;
}
