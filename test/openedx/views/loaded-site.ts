import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { extractAndLoad, queryLake, readSettings, renderResult, type RunEvent } from "../../../src/index.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";

export interface LoadedSite extends AsyncDisposable {
  readonly warnings: readonly string[];
  ask(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** The sample site of seed 1, loaded as the settings say, with the Open edX views. */
export async function loadSampleSite(
  scale: number,
  datalake: object,
  tables: readonly string[],
  datasource: object = {},
): Promise<LoadedSite> {
  const folder = await temporaryFolder();
  const file = join(folder.path, "panorama_settings.yaml");
  await writeFile(
    file,
    JSON.stringify({
      datalake: { type: "local", path: "./lake", base_prefix: "openedx", ...datalake },
      views: ["openedx"],
      datasources: [
        {
          type: "openedx_sample",
          name: "school",
          scale,
          seed: 1,
          tables: tables.map((name) => ({ name })),
          ...datasource,
        },
      ],
    }),
  );
  const settings = await readSettings(file, { PANORAMA_PRIVACY_KEY: "a key of sixteen characters or more" });
  const events: RunEvent[] = [];
  const reporter = { report: (event: RunEvent) => void events.push(event), close: () => undefined };
  const signal = new AbortController().signal;
  await extractAndLoad(settings, { all: true }, { reporter, signal, force: false });
  return {
    warnings: events.flatMap((event) =>
      event.kind === "warning" ? [`${event.table ?? ""}: ${event.message}`] : [],
    ),
    ask: async (sql) => {
      await using result = await queryLake(settings, sql, signal);
      let text = "";
      const append = async (piece: string): Promise<void> => {
        text += piece;
      };
      await renderResult(result, "json", append, { width: undefined });
      return JSON.parse(text) as Awaited<ReturnType<LoadedSite["ask"]>>;
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
