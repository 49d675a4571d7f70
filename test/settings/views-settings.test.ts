import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { Settings } from "../../src/settings/settings.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";

async function readViews(views: string): Promise<Settings["views"]> {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "my views"));
  const file = join(folder.path, "panorama_settings.yaml");
  await writeFile(
    file,
    `datalake: {type: local, path: lake}\n${views}\ndatasources: [{type: openedx_sample, name: school}]\n`,
  );
  const read = await readSettings(file, {}).catch((error: unknown) => {
    if (error instanceof Error) error.message = error.message.replaceAll(folder.path, ".");
    throw error;
  });
  return read.views.map((each) =>
    each.kind === "folder" ? { ...each, folder: each.folder.replace(folder.path, ".") } : each,
  );
}

test.each<[string, Settings["views"]]>([
  ["", []],
  ["views:", []],
  ["views: openedx", [{ kind: "openedx" }]],
  ["views: [OpenedX, ./my views]", [{ kind: "openedx" }, { kind: "folder", folder: "./my views" }]],
])("%j asks for these views", async (yaml, views) => {
  expect(await readViews(yaml)).toEqual(views);
});

test("what is no folder is told with its line", async () => {
  await expect(readViews("views:\n- opendex\n- 7\n- panorama_settings.yaml")).rejects.toThrow(
    [
      "3 problems in the settings file",
      "./panorama_settings.yaml:3: views[0]: there is no such folder; write openedx, or a folder of SQL files relative to the settings file",
      "./panorama_settings.yaml:4: views[1]: must be openedx or a folder of SQL files",
      "./panorama_settings.yaml:5: views[2]: is not a folder",
    ].join("\n"),
  );
});
