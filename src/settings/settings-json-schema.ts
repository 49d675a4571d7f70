import { z } from "zod";
import { settingsSchema } from "./settings-schema.ts";

/** JSON Schema (draft 7, which YAML editors know best) of the settings file as written. */
export function settingsJsonSchema(): object {
  const schema = z.toJSONSchema(settingsSchema, { io: "input", target: "draft-7" });
  return {
    ...schema,
    title: "panorama settings",
    // Anchors may be kept under keys of their own.
    patternProperties: { "^x-": {} },
  };
}
