import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PanoramaError } from "../errors.ts";
import { readSampleTableNames } from "../open.ts";

const mark = "# Made by `panorama demo`.";

/**
 * Writes the settings file of the demo into `folder`, which is made if it is missing, and returns its path.
 * Throws `USAGE` rather than replace a file that somebody else wrote.
 */
export async function writeDemoSettings(folder: string, scale: number): Promise<string> {
  const path = join(folder, "panorama_settings.yaml");
  try {
    await mkdir(folder, { recursive: true });
    const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return mark;
    });
    if (!found.startsWith(mark)) {
      throw new PanoramaError("USAGE", `${path} was not made by the demo; choose another --folder`);
    }
    await writeFile(path, demoSettings(scale, await readSampleTableNames()));
    return path;
  } catch (cause) {
    if (cause instanceof PanoramaError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new PanoramaError("SETTINGS_UNWRITABLE", `The demo cannot write ${path} (${code})`, {}, { cause });
  }
}

function demoSettings(scale: number, tableNames: readonly string[]): string {
  const tables = tableNames.map((name) =>
    name === "courseware_studentmodule"
      ? `  - name: ${name}\n    partitions:\n      partition_fields: [course_id]\n`
      : `  - name: ${name}\n`,
  );
  return `${mark} The datasource below makes its rows up; yours would be of type mysql.
datalake:
  type: local
  path: ./lake
  base_prefix: openedx
  datalake_database: panorama
  base_partitions:
  - {name: lms, type: varchar, value: lms.example.com}
views: [openedx]
datasources:
- type: openedx_sample
  name: sample_school
  scale: ${scale}
  seed: 1
  tables:
${tables.join("")}`;
}
