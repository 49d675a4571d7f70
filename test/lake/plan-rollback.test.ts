import { describe, expect, test } from "vitest";
import type { LakeManifest, ManifestTable } from "../../src/lake/manifest.ts";
import { planRollback, planTarget } from "../../src/lake/plan-rollback.ts";
import type { RunRecord } from "../../src/lake/run-record.ts";

const now = new Date("2026-03-01T12:00:00Z");

function table(run: string, files: readonly string[], more: Partial<ManifestTable> = {}): ManifestTable {
  return {
    ...{ table: "orders", source: "shop", columns: [], key: [], partitionColumns: [], format: "parquet" },
    load: { run, loadedAt: run, rowCount: files.length, alterations: [], fullAt: run },
    definitions: { raw: true, view: true, rawName: `raw_${run}`, viewName: `view_${run}` },
    slices: files.map((key) => ({ partition: [], files: [{ key, byteCount: 1, rowCount: 1 }] })),
    ...{ replaced: [], removals: [] },
    ...more,
  };
}

function lakeOf(orders: ManifestTable): LakeManifest {
  return { generation: 9, tables: new Map([["orders", orders]]) };
}

function published(
  run: string,
  generation: number,
  runs: Readonly<Record<string, string>>,
  kind: RunRecord["kind"] = "load",
): RunRecord {
  const time = now.toISOString();
  return {
    run,
    kind,
    startedAt: time,
    endedAt: time,
    ended: "published",
    tables: [],
    lake: { generation, runs },
  };
}

const earlier = new Map([["r1 orders", table("r1", ["a", "b"])]]);

describe("A rollback", () => {
  test("swaps the files, and keeps under their names what catalogs show", () => {
    const current = table("r2", ["b", "c"], {
      replaced: [
        { at: "then", files: ["a"] },
        { at: "before", files: ["z"] },
      ],
    });

    const { manifest, restored } = planRollback(
      lakeOf(current),
      { generation: 1, runs: { orders: "r1" } },
      undefined,
      earlier,
      now,
    );

    const orders = manifest.tables.get("orders");
    expect(orders?.slices.flatMap(({ files }) => files.map(({ key }) => key))).toEqual(["a", "b"]);
    expect(orders?.replaced).toEqual([
      { at: "before", files: ["z"] },
      { at: "2026-03-01T12:00:00.000Z", files: ["c"] },
    ]);
    expect([orders?.load?.run, orders?.definitions.viewName]).toEqual(["r1", "view_r2"]);
    expect(restored).toEqual([{ table: "orders", source: "shop", run: "r1", loadedAt: "r1" }]);
  });

  test("is refused when the manifest names one of the files no more", () => {
    const plan = (): unknown =>
      planRollback(
        lakeOf(table("r2", ["b", "c"])),
        { generation: 1, runs: { orders: "r1" } },
        undefined,
        earlier,
        now,
      );

    expect(plan).toThrow("The files of then are not kept any more of orders");
  });

  test("changes nothing where the tables are those of then, or others were chosen", () => {
    const manifest = lakeOf(table("r2", ["b"]));

    const same = planRollback(manifest, { generation: 1, runs: { orders: "r2" } }, undefined, earlier, now);
    const others = planRollback(manifest, { generation: 1, runs: { orders: "r1" } }, ["users"], earlier, now);

    expect([same.manifest === manifest, others.manifest === manifest]).toEqual([true, true]);
  });
});

describe("The run to go back to", () => {
  const first = published("r1", 1, { orders: "r1" });
  const second = published("r2", 2, { orders: "r2" });
  const third = published("r3", 3, { orders: "r3" });
  const back = published("b", 4, { orders: "r2" }, "rollback");

  test("is the one before the newest that the lake holds", () => {
    expect(
      planTarget([third, second, first], { generation: 3, runs: { orders: "r3" } }, undefined)?.run,
    ).toBe("r2");
  });

  test("after a rollback is the one before that", () => {
    const current = { generation: 4, runs: { orders: "r2" } };

    expect(planTarget([back, third, second, first], current, undefined)?.run).toBe("r1");
  });

  test("after a rollback and a load is what the rollback had brought back", () => {
    const current = { generation: 5, runs: { orders: "r4" } };
    const fourth = published("r4", 5, current.runs);

    expect(planTarget([fourth, back, third, second, first], current, undefined)?.run).toBe("b");
  });

  test("is the newest that has a record when the lake's own was killed before it wrote one", () => {
    const current = { generation: 4, runs: { orders: "killed" } };

    expect(planTarget([third, second, first], current, undefined)?.run).toBe("r3");
  });

  test("is none when all that is known left these tables as they are", () => {
    const current = { generation: 1, runs: { orders: "r1" } };

    expect(planTarget([first], current, undefined)).toBeUndefined();
    expect(planTarget([second, first], { generation: 2, runs: { orders: "r2" } }, ["users"])).toBeUndefined();
  });
});
