import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { extractAndLoad, readSettings } from "../../src/index.ts";
import { type DiskEvent, recordDisk } from "../model/recorded-disk.ts";
import { localLake, openSite } from "./site.ts";

/** Names that a manifest needs to find its files. */
function keysOf(manifest: string): readonly string[] {
  const { tables } = JSON.parse(manifest) as {
    tables: { slices: { files: { key: string; stagedAs?: string }[] }[]; replaced: { files: string[] }[] }[];
  };
  return tables.flatMap(({ slices, replaced }) => [
    ...slices.flatMap(({ files }) => files.map(({ key, stagedAs }) => stagedAs ?? key)),
    ...replaced.flatMap(({ files }) => files),
  ]);
}

/**
 * What a power cut could take that had to stay: goes through what was done to the disk, and keeps account of files
 * whose bytes, and of names that may not be on the disk yet.
 */
function findLosses(events: readonly DiskEvent[], lake: string): readonly string[] {
  const losses: string[] = [];
  const unwritten = new Set<string>();
  /** By folder. */
  const unsettled = new Map<string, Set<string>>();
  let manifests: string[] = [];
  const enter = (path: string): unknown =>
    unsettled.set(dirname(path), (unsettled.get(dirname(path)) ?? new Set()).add(path));
  const isUnsettled = (path: string): boolean =>
    unsettled.get(dirname(path))?.has(path) === true ||
    (path.length > lake.length && isUnsettled(dirname(path)));
  const lose = (what: string, path: string): unknown =>
    losses.push(`${what}: ${path.slice(lake.length + 1)}`);
  for (const event of events) {
    switch (event.kind) {
      case "made":
        enter(event.path);
        break;
      case "written":
        unwritten.add(event.path);
        break;
      case "synced":
        unwritten.delete(event.path);
        unsettled.delete(event.path);
        // From here on only the last manifest can be what is found.
        if (!isUnsettled(join(lake, manifest))) manifests = manifests.slice(-1);
        break;
      case "renamed":
        if (unwritten.delete(event.from)) lose("renamed before its bytes were synced", event.to);
        unsettled.get(dirname(event.from))?.delete(event.from);
        enter(event.to);
        if (event.to !== join(lake, manifest)) break;
        manifests.push(event.content ?? "");
        for (const key of keysOf(event.content ?? "")) {
          if (isUnsettled(join(lake, key)))
            lose("named by the manifest before its name was synced", join(lake, key));
        }
        break;
      case "removed":
        unsettled.get(dirname(event.path))?.delete(event.path);
        unwritten.delete(event.path);
        if (manifests.some((content) => keysOf(content).some((key) => join(lake, key) === event.path))) {
          lose("removed while the manifest on the disk may name it", event.path);
        }
    }
  }
  if (isUnsettled(join(lake, manifest))) lose("not synced at the end", join(lake, manifest));
  return losses;
}

const manifest = "school/_panorama/manifest.json";

test.each(["parquet", "csv"] as const)(
  "a power cut at any moment finds a manifest whose files are there, whole (%s)",
  async (format) => {
    const table = (partition: string): object => ({
      type: "openedx_sample",
      name: "school",
      scale: 0.02,
      tables: [
        { name: "student_courseenrollment", partitions: { partition_fields: [partition] } },
        { name: "student_courseaccessrole" },
      ],
    });
    const datalake = { ...localLake, format, retention_hours: 0 };
    await using site = await openSite({ datalake, datasources: [table("mode")] });
    using disk = recordDisk();

    // The third run removes what the second one, with other partitions, replaced.
    for (const partition of ["mode", "is_active", "is_active"]) {
      await site.writeSettings({ datalake, datasources: [table(partition)] });
      const settings = await readSettings(site.settingsFile);
      await extractAndLoad(
        settings,
        { all: true },
        {
          reporter: { report: () => undefined, close: () => undefined },
          signal: new AbortController().signal,
          force: true,
        },
      );
    }

    const count = (kind: DiskEvent["kind"]): number =>
      disk.events.filter((event) => event.kind === kind).length;
    expect(count("removed")).toBeGreaterThan(10);
    expect(count("renamed")).toBeGreaterThan(10);
    expect(findLosses(disk.events, site.lake)).toEqual([]);
  },
);

test("a name that is synced too late, bytes that are not, and a file that goes too early are found out", () => {
  const content = JSON.stringify({
    tables: [{ slices: [{ files: [{ key: "t/a" }] }], replaced: [{ files: ["t/b"] }] }],
  });
  const events: readonly DiskEvent[] = [
    { kind: "made", path: "/lake/t" },
    { kind: "synced", path: "/lake" },
    { kind: "made", path: "/lake/t/.a" },
    { kind: "written", path: "/lake/t/.a" },
    { kind: "renamed", from: "/lake/t/.a", to: "/lake/t/a", content: undefined },
    { kind: "renamed", from: "/lake/school/_panorama/.m", to: `/lake/${manifest}`, content },
    { kind: "removed", path: "/lake/t/b" },
  ];

  expect(findLosses(events, "/lake")).toEqual([
    "renamed before its bytes were synced: t/a",
    "named by the manifest before its name was synced: t/a",
    "removed while the manifest on the disk may name it: t/b",
    `not synced at the end: ${manifest}`,
  ]);
});
