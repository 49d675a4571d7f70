import { readManifest } from "../../src/lake/manifest.ts";
import { publishTables } from "../../src/lake/publish.ts";
import { announceRun } from "../../src/lake/run-lease.ts";
import { openLocalStore } from "../../src/stores/local-store.ts";
import { answerQuestions } from "../stores/answer-questions.ts";
import { atNoon, lake, load, noCatalog } from "./lake-world.ts";

/** What a test asks of another process, whose only argument is the store's folder. */
export type LakeQuestion =
  /** Begins a run: what it reads of the manifest is what it will publish on top of. */
  | { readonly ask: "begin" }
  | { readonly ask: "load"; readonly table: string; readonly country: string }
  | { readonly ask: "publish" };

const store = await openLocalStore(process.argv[2] ?? "");
const lease = await announceRun(store, lake, atNoon);
let { manifest: began } = await readManifest(store, lake);
const tables: Awaited<ReturnType<typeof load>>[] = [];

answerQuestions<LakeQuestion>(async (question) => {
  switch (question.ask) {
    case "begin":
      began = (await readManifest(store, lake)).manifest;
      return lease.run;
    case "load":
      tables.push(await load(store, lease.run, question.table, [question.country]));
      return lease.run;
    case "publish":
      await publishTables(store, lake, { lease, began, tables, now: atNoon, ...noCatalog });
      await lease[Symbol.asyncDispose]();
      return { published: lease.run };
  }
});
