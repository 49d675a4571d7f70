import { stat } from "node:fs/promises";
import { z } from "zod";
import { describeReadFailure } from "./read-failure.ts";
import { isBlank } from "./read-mapping.ts";
import type { ViewsSettings } from "./settings.ts";
import { resolvePath, type SettingsReading } from "./settings-reading.ts";

const entry = z.string();

/** `views` as written. */
export const viewsShape: { readonly views: z.ZodType } = {
  views: z
    .union([z.array(entry), entry, z.null()])
    .optional()
    .meta({
      description:
        "Views for analysis: openedx for those that come with the program, or a folder of SQL files.",
      examples: [["openedx"], ["openedx", "./views"]],
    }),
};

/** `openedx`, or a folder of SQL files, which has to be there; several of them in a list. */
export async function readViews(value: unknown, reading: SettingsReading): Promise<readonly ViewsSettings[]> {
  const { problems } = reading;
  if (isBlank(value)) return [];
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  const views: ViewsSettings[] = [];
  for (const [index, written] of entries.entries()) {
    const path = ["views", index];
    if (typeof written !== "string" || written === "") {
      problems.add(path, "must be openedx or a folder of SQL files");
      continue;
    }
    if (written.toLowerCase() === "openedx") {
      views.push({ kind: "openedx" });
      continue;
    }
    const folder = resolvePath(written, reading);
    try {
      if ((await stat(folder)).isDirectory()) views.push({ kind: "folder", folder });
      else problems.add(path, "is not a folder");
    } catch (error) {
      const failure = describeReadFailure(error).replace("file", "folder");
      problems.add(path, `${failure}; write openedx, or a folder of SQL files relative to the settings file`);
    }
  }
  return views;
}
