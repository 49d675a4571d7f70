import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { readAsOpenCsvSerde } from "../encoders/open-csv-serde.ts";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import type { Difference, DifferentCells, Sides } from "./original/difference.ts";
import { differences } from "./original/differences.ts";
import { type AddedPartition, readAddPartition, readCreateTable } from "./original/hive-statements.ts";
import { type OurRun, runOurs } from "./original/our-run.ts";
import { readRecording, recordedBucket } from "./original/recording.ts";
import { spelledCells } from "./original/spelled-cells.ts";
import { type DefinedView, readCreateView } from "./original/view-statements.ts";

const recording = await readRecording();

describeOnS3("a run with the settings of the original", (s3) => {
  describeOnMoto("in Athena", (moto) => {
    describeOnServers(
      "of the recorded world",
      (server) => {
        let ours: OurRun;
        beforeAll(async () => {
          ours = await runOurs(recording, { s3, moto, server });
        });

        test("writes the same keys, but for those listed", () => {
          const keys = Object.keys(ours.uploads);

          expect(sides(Object.keys(recording.uploads), keys)).toEqual(listed(({ keys }) => keys));
        });

        test("writes the same bytes, but for the cells and lines listed", () => {
          const found = comparedFiles(ours).map(compareFiles);

          expect(found.flatMap(({ cells }) => cells).sort()).toEqual(listedCells().map(spellCell).sort());
          expect({
            original: found.flatMap(({ lines }) => lines.original).sort(),
            ours: found.flatMap(({ lines }) => lines.ours).sort(),
          }).toEqual(listed(({ lines }) => lines));
        });

        test("gives a reader the source's values, also where the original's file does not", () => {
          const read = readCells(ours);

          for (const { effect, cells = [] } of differences) {
            for (const cell of cells.flatMap(eachCell)) {
              const name = `${cell.table} ${cell.row} ${cell.column}`;
              const found = read.get(name);
              const { reads = cell.ours, originalReads = reads } = cell;
              expect([name, found?.original, found?.ours]).toEqual([name, originalReads, reads]);
              expect([name, effectOn(reads, originalReads)]).toEqual([
                name,
                effect === "given up" ? "damaged" : effect,
              ]);
            }
          }
        });

        test("gives a reader what the original's file does, in all cells that are not listed", () => {
          const expected = new Set(
            listedCells().map(({ table, row, column }) => `${table} ${row} ${column}`),
          );
          const hidden = listedCells().flatMap(hiddenBehind);

          const other = [...readCells(ours)].filter(
            ([name, { original, ours }]) => original !== ours && !expected.has(name),
          );

          expect(other.map(([name, { original }]) => [name, original])).toEqual(
            hidden.map((name) => [name, null]),
          );
        });

        test("defines the same tables", () => {
          const recorded = recording.statements["create-datalake-tables"].map(readCreateTable);
          const names = recorded.map(({ name }) => name);

          expect(
            sides(
              names,
              ours.tables.map(({ name }) => name),
            ),
          ).toEqual(listed(({ tables }) => tables));
          for (const table of recorded) {
            expect(ours.tables.find(({ name }) => name === table.name)).toEqual(table);
          }
        });

        test("adds the same partitions, but for those listed", () => {
          const recorded = recording.statements["extract-and-load"].map(readAddPartition);

          expect(sides(recorded.map(spellPartition), ours.partitions.map(spellPartition))).toEqual(
            listed(({ partitions }) => partitions),
          );
        });

        test("makes the same views with the same columns, but for the types listed", () => {
          const recorded = recording.statements["create-table-views"].map(readCreateView);
          const shared = ours.views.filter((view) => recorded.some(({ name }) => name === view.name));

          expect(
            sides(
              recorded.map(({ name }) => name),
              ours.views.map(({ name }) => name),
            ),
          ).toEqual(listed(({ views }) => views));
          expect(sides(recorded.flatMap(spellColumns), shared.flatMap(spellColumns))).toEqual(
            listed(({ viewColumns }) => viewColumns),
          );
          for (const view of recorded) {
            const same = shared.find(({ name }) => name === view.name);
            expect(same && columnOrder(same)).toEqual(columnOrder(view));
          }
        });
      },
      ["mariadb"],
    );
  });
});

describe("the recorded run of the original", () => {
  test("has no date, time or year in its files that its views can read", () => {
    const file = recording.uploads["openedx/every_type/lms=lms.example.com/every_type.csv"] ?? "";
    const [names = [], ...rows] = spelledCells(file);
    const texts = ["c_date", "c_time", "c_year"].flatMap((name) =>
      rows.map((row) => row[names.indexOf(name)]),
    );

    expect(texts).toHaveLength(15);
    expect(texts.filter((text) => /^\d+-\d+-\d+ \d+:\d+:\d+\.\d+$/.test(text ?? ""))).toEqual([]);
  });

  test("differs from ours as docs/migrating.md says", async () => {
    const page = await readFile("docs/migrating.md", "utf8");
    const section = page.split("\n## What is different in value\n")[1]?.split("\n## ")[0] ?? "";
    const rows = section.split("\n").filter((line) => line.startsWith("| "));

    expect(rows.slice(1)).toEqual(differences.map(({ told }) => `| ${told.join(" | ")} |`));
  });
});

type Cell = Omit<DifferentCells, "rows" | "columns"> & { readonly row: string; readonly column: string };

function eachCell({ rows, columns, ...cell }: DifferentCells): readonly Cell[] {
  return rows.flatMap((row) => columns.map((column) => ({ ...cell, row, column })));
}

function listedCells(): readonly Cell[] {
  return differences.flatMap(({ cells = [] }) => cells.flatMap(eachCell));
}

function spellCell({ table, row, column, original, ours }: Cell): string {
  return `${table} ${row} ${column}: ${original} | ${ours}`;
}

/** What the one has and the other has not. */
function sides(original: readonly string[], ours: readonly string[]): Required<Sides> {
  return {
    original: original.filter((text) => !ours.includes(text)).sort(),
    ours: ours.filter((text) => !original.includes(text)).sort(),
  };
}

function listed(aspect: (difference: Difference) => Sides | undefined): Required<Sides> {
  const all = differences.map(aspect);
  return {
    original: all.flatMap((side) => side?.original ?? []).sort(),
    ours: all.flatMap((side) => side?.ours ?? []).sort(),
  };
}

interface ComparedFile {
  readonly key: string;
  readonly original: string;
  readonly ours: string;
}

/** The files that both runs have. */
function comparedFiles({ uploads }: OurRun): readonly ComparedFile[] {
  return Object.entries(recording.uploads).flatMap(([key, original]) => {
    const moved = differences.find((difference) => difference.moved?.from === key)?.moved;
    const ours = uploads[moved?.to ?? key];
    return ours === undefined ? [] : [{ key, original, ours }];
  });
}

function compareFiles({ key, original, ours }: ComparedFile): {
  readonly cells: readonly string[];
  readonly lines: Required<Sides>;
} {
  const [names = [], ...rows] = spelledCells(ours);
  const [theirNames, ...theirRows] = spelledCells(original);
  expect([key, theirNames]).toEqual([key, names]);
  const ids = new Set(rows.map(([id]) => id));
  const theirs = theirRows.filter(([id]) => ids.has(id));
  expect([key, theirs.map(([id]) => id)]).toEqual([key, rows.map(([id]) => id)]);
  const cells = rows.flatMap((row, at) =>
    names.flatMap((column, index) => {
      const [original = "", ours = ""] = [theirs[at]?.[index], row[index]];
      const cell = { table: tableOf(key), row: row[0] ?? "", column, original, ours };
      return original === ours ? [] : [spellCell(cell)];
    }),
  );
  const gone = theirRows.filter(([id]) => !ids.has(id)).map((row) => `${key} ${row.join(",")}`);
  return { cells, lines: { original: gone, ours: [] } };
}

interface ReadCell {
  readonly original: string | null;
  readonly ours: string | null;
}

/** What Athena makes of each cell of both runs. */
function readCells(ours: OurRun): ReadonlyMap<string, ReadCell> {
  const cells = new Map<string, ReadCell>();
  for (const file of comparedFiles(ours)) {
    const [names = []] = spelledCells(file.ours);
    const read = (text: string): readonly (readonly (string | null)[])[] =>
      readAsOpenCsvSerde(Buffer.from(text), names.length);
    const theirs = new Map(read(file.original).map((row) => [row[0], row]));
    for (const row of read(file.ours)) {
      for (const [index, column] of names.entries()) {
        cells.set(`${tableOf(file.key)} ${row[0] ?? ""} ${column}`, {
          original: theirs.get(row[0] ?? "")?.[index] ?? null,
          ours: row[index] ?? null,
        });
      }
    }
  }
  return cells;
}

function effectOn(reads: string, originalReads: string | null): Difference["effect"] {
  if (originalReads === reads) return "spelling";
  const same = originalReads !== null && originalReads !== "" && Number(originalReads) === Number(reads);
  return same ? "number" : "damaged";
}

/** `openedx/auth_user/lms=…` */
function tableOf(key: string): string {
  return key.split("/")[1] ?? "";
}

/** The columns behind a cell that hides them. */
function hiddenBehind({ table, row, column, hidesRest }: Cell): readonly string[] {
  if (hidesRest === undefined) return [];
  const file = Object.entries(recording.uploads).find(([key]) => tableOf(key) === table)?.[1] ?? "";
  const [names = []] = spelledCells(file);
  return names.slice(names.indexOf(column) + 1).map((name) => `${table} ${row} ${name}`);
}

function spellPartition({ table, values, location }: AddedPartition): string {
  return `${table} (${values.join(", ")}) ${location.replace(`s3://${recordedBucket}/`, "")}`;
}

function spellColumns({ name, columns }: DefinedView): readonly string[] {
  return columns.map(({ name: column, type }) => `${name} ${column} ${type}`);
}

function columnOrder({ name, table, columns }: DefinedView): readonly unknown[] {
  return [name, table, columns.map(({ name: column, from }) => [column, from])];
}
