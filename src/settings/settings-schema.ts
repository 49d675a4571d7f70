import { z } from "zod";
import { datalakeSchema } from "./datalake-settings.ts";
import { datasourceSchema } from "./datasource-settings.ts";
import { privacyKeyShape } from "./privacy-settings.ts";
import { viewsShape } from "./views-settings.ts";

/** The settings file as written: before variables, defaults and the checks that look at several settings at once. */
export const settingsSchema: z.ZodType = z.strictObject({
  datalake: datalakeSchema.meta({ description: "Where the tables go." }),
  datasources: z
    .union([z.array(datasourceSchema), datasourceSchema])
    .meta({ description: "Where the tables come from." }),
  ...viewsShape,
  ...privacyKeyShape,
});
