import { expect, test } from "vitest";
import { settingsJsonSchema } from "../../src/settings/settings-json-schema.ts";

test("editors get a JSON Schema of the file as it is written", () => {
  const schema = settingsJsonSchema();

  expect(schema).toMatchObject({
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    required: ["datalake", "datasources"],
    additionalProperties: false,
    patternProperties: { "^x-": {} },
    properties: {
      datalake: {
        oneOf: [
          {
            properties: { type: { const: "local" } },
            required: ["type", "path"],
            additionalProperties: false,
          },
          { properties: { type: { const: "s3" } }, required: ["type", "panorama_raw_data_bucket"] },
          { properties: { type: { const: "aws" } }, required: ["type", "panorama_raw_data_bucket"] },
        ],
      },
      datasources: {
        anyOf: [
          {
            type: "array",
            items: {
              oneOf: [
                {
                  required: ["type", "name", "mysql_database"],
                  properties: {
                    mysql_port: {
                      type: ["number", "string", "null"],
                      description: "TCP port. Default: 3306.",
                    },
                    mysql_password: { type: ["string", "number", "boolean", "null"] },
                    tables: {
                      anyOf: [{ type: "array", items: { required: ["name"] } }, {}, { type: "null" }],
                    },
                  },
                },
                { properties: { type: { const: "openedx_course_structures" } }, required: ["type", "name"] },
                { required: ["type", "name", "location"] },
                { required: ["type", "name", "location"] },
                { required: ["type", "name"] },
              ],
            },
          },
          {},
        ],
      },
    },
  });
});

test("every setting is described", () => {
  const silent: string[] = [];
  collectSilent(settingsJsonSchema(), "", silent);

  expect(silent).toEqual([]);
});

function collectSilent(schema: unknown, path: string, silent: string[]): void {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties") {
      for (const [name, setting] of Object.entries(value as Record<string, Record<string, unknown>>)) {
        const isConstant = setting["const"] !== undefined;
        if (!isConstant && setting["description"] === undefined) silent.push(`${path}.${name}`);
        collectSilent(setting, `${path}.${name}`, silent);
      }
    } else {
      collectSilent(value, path, silent);
    }
  }
}
