import { dirname, resolve } from "node:path";
import { checkNames } from "./check-names.ts";
import { readDatalake } from "./datalake-settings.ts";
import { readDatasource } from "./datasource-settings.ts";
import { privacyKeyShape, readPrivacyKey } from "./privacy-settings.ts";
import { describeUnknownKey, isBlank, isMapping, type Mapping, readList } from "./read-mapping.ts";
import type { DatasourceSettings, Settings } from "./settings.ts";
import { parseSettingsDocument, resolveDocument } from "./settings-document.ts";
import { readSettingsText } from "./settings-text.ts";
import type { SettingsProblems } from "./settings-problems.ts";
import type { Environment } from "./substitute-variables.ts";
import { readViews, viewsShape } from "./views-settings.ts";

/**
 * Reads, fills in and checks a settings file. Everything wrong with it is told in one `SETTINGS_INVALID`, a line
 * each, with the file's line; no message holds a value that could be a secret.
 */
export async function readSettings(path: string, env: Environment = process.env): Promise<Settings> {
  const document = parseSettingsDocument(path, await readSettingsText(path));
  const { problems } = document;
  const root = expectRoot(resolveDocument(document, env), problems);
  if (root === undefined) {
    problems.throwIfAny();
    throw new Error("unreachable: a settings file without a mapping has a problem");
  }

  const file = resolve(path);
  const reading = { problems, folder: dirname(file) };
  const lake = await readDatalake(root["datalake"], reading);
  const privacyKey = await readPrivacyKey(root, env, reading);
  const entries = readList(root["datasources"], ["datasources"], problems);
  if (isBlank(root["datasources"])) problems.add(["datasources"], "missing");
  else if (Array.isArray(root["datasources"]) && entries.length === 0) {
    problems.add(["datasources"], "lists no datasource");
  }
  const datasources = [];
  for (const entry of entries) {
    datasources.push(await readDatasource(entry.value, entry.path, { ...lake, ...reading, privacyKey }));
  }
  checkNames(datasources, problems);
  const views = await readViews(root["views"], reading);
  problems.throwIfAny();

  const settings = datasources.map((datasource) => datasource.settings);
  const isWhole = settings.every((each): each is DatasourceSettings => each !== undefined);
  if (lake.datalake === undefined || !isWhole) throw new Error("a problem of the settings was not noted");
  return { file, datalake: lake.datalake, datasources: settings, views };
}

function expectRoot(value: unknown, problems: SettingsProblems): Mapping | undefined {
  if (!isMapping(value)) {
    const found = Array.isArray(value) ? "a list" : "a single value";
    problems.add([], `the file must hold a mapping with datalake and datasources; this is ${found}`);
    return undefined;
  }
  const known = ["datalake", "datasources", ...Object.keys(viewsShape), ...Object.keys(privacyKeyShape)];
  for (const key of Object.keys(value)) {
    // As in Docker Compose: a place for anchors that are used below.
    if (!known.includes(key) && !key.startsWith("x-")) problems.add([key], describeUnknownKey(key, known));
  }
  return value;
}
