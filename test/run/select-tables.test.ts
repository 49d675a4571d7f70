import { expect, test } from "vitest";
import { PanoramaError } from "../../src/errors.ts";
import { resolveSelection, type Selection } from "../../src/run/select-tables.ts";
import type { Settings, TableSettings } from "../../src/settings/settings.ts";

function settingsWith(datasources: Readonly<Record<string, readonly string[]>>): Settings {
  return {
    file: "/settings.yaml",
    datalake: {
      type: "local",
      path: "/lake",
      basePrefix: undefined,
      database: undefined,
      basePartitions: [],
      format: "parquet",
      retentionHours: 24,
      checkFiles: "sample",
    },
    views: [],
    datasources: Object.entries(datasources).map(([name, tables]) => ({
      type: "openedx_sample",
      name,
      scale: 1,
      seed: 1,
      asOf: undefined,
      tables: tables.map(
        (table): TableSettings => ({
          name: table,
          rawName: `raw_${table}`,
          viewName: `table_${table}`,
          partitionFields: [],
          incremental: undefined,
          fields: undefined,
        }),
      ),
    })),
  };
}

const twoShops = settingsWith({
  shop: ["orders", "customers", "order_lines"],
  archive: ["orders", "letters"],
  idle: [],
});

function chosen(selection: Selection): readonly string[] {
  return resolveSelection(twoShops, selection).flatMap(({ datasource, tables }) =>
    tables.map((table) => `${datasource.name}.${table.name}`),
  );
}

function refusal(selection: Selection, settings: Settings = twoShops): PanoramaError {
  try {
    resolveSelection(settings, selection);
  } catch (error) {
    if (error instanceof PanoramaError) return error;
    throw error;
  }
  throw new Error("The selection was accepted");
}

test("all means every table of every datasource, and leaves out a datasource without tables", () => {
  expect(chosen({ all: true })).toEqual([
    "shop.orders",
    "shop.customers",
    "shop.order_lines",
    "archive.orders",
    "archive.letters",
  ]);
});

test("a datasource's name means its tables only", () => {
  expect(chosen({ datasources: ["archive"] })).toEqual(["archive.orders", "archive.letters"]);
});

test("a table's name means that table wherever it is listed, and no table whose name contains it", () => {
  expect(chosen({ tables: ["orders"] })).toEqual(["shop.orders", "archive.orders"]);
});

test("a table's name with its datasource means that one", () => {
  expect(chosen({ tables: ["archive.orders"] })).toEqual(["archive.orders"]);
});

test("tables come once and in the settings' order, however they are named", () => {
  expect(chosen({ tables: ["customers", "shop.orders", "customers", "shop.customers"] })).toEqual([
    "shop.orders",
    "shop.customers",
  ]);
});

test("unknown tables are all named, with what was probably meant and what there is", () => {
  const error = refusal({ tables: ["ordrs", "customers", "zzz", "shop.letter"] });

  expect(error.code).toBe("UNKNOWN_NAME");
  expect(error.message.split("\n")).toEqual([
    "The settings have no table ordrs, did you mean orders?",
    "The settings have no table zzz",
    expect.stringMatching(/^The settings have no table shop\.letter/),
    "They have orders, customers, order_lines, letters",
  ]);
});

test("a long list of tables is not printed", () => {
  const tables = Array.from({ length: 13 }, (_, index) => `table_${index}`);

  const error = refusal({ tables: ["letters"] }, settingsWith({ shop: tables }));

  expect(error.message).toBe("The settings have no table letters");
});

test("an unknown datasource is refused, in another case too", () => {
  const error = refusal({ datasources: ["Shop"] });

  expect(error.code).toBe("UNKNOWN_NAME");
  expect(error.message).toBe(
    "The settings have no datasource Shop, did you mean shop?\nThey have shop, archive, idle",
  );
});

test("a chosen datasource without tables is told, not passed over", () => {
  const error = refusal({ datasources: ["shop", "idle"] });

  expect(error.code).toBe("USAGE");
  expect(error.message).toContain("`panorama set-tables --datasource idle`");
});

test("settings without any table are told", () => {
  expect(refusal({ all: true }, settingsWith({ idle: [] })).message).toContain("`panorama set-tables --all`");
  expect(refusal({ tables: [] }).code).toBe("USAGE");
});
