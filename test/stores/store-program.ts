import { lockFile } from "../../src/stores/file-lock.ts";
import { openLocalStore } from "../../src/stores/local-store.ts";
import { answerQuestions } from "./answer-questions.ts";

/** What a test asks of another process, whose only argument is the store's folder. */
export type StoreQuestion =
  | { readonly ask: "put"; readonly key: string; readonly content: string; readonly ifVersion: string | null }
  | { readonly ask: "lock"; readonly key: string }
  | { readonly ask: "write"; readonly key: string };

const store = await openLocalStore(process.argv[2] ?? "");

answerQuestions<StoreQuestion>(async (question) => {
  switch (question.ask) {
    case "put":
      return store.put(question.key, Buffer.from(question.content), { ifVersion: question.ifVersion });
    case "lock":
      await lockFile(store.root + question.key);
      return "locked";
    case "write": {
      const writer = await store.create(question.key);
      await writer.write(new Uint8Array(1_000_000));
      return "written";
    }
  }
});
