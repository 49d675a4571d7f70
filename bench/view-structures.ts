import { writeFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { LakeTable } from "../src/catalogs/catalog.ts";
import { type Course, spellBlockKey } from "../src/openedx/sample/course.ts";
import { blockTypes } from "../src/openedx/sample/outline.ts";
import type { Site } from "../src/openedx/sample/site.ts";
import { courseStructureColumns } from "../src/openedx/structures/course-structure-columns.ts";

/** The structures of a sample site's courses as a lake table, in one Parquet file. A CCX is left to its master. */
export async function writeStructures(site: Site, file: string, lms: string): Promise<LakeTable> {
  const rows = site.courses.filter(({ kind }) => kind !== "ccx").flatMap(courseRows);
  const json = `${file}.json`;
  await writeFile(json, rows.map((row) => JSON.stringify(row)).join("\n"));
  const types = { text: "VARCHAR", int32: "INTEGER", double: "DOUBLE", timestamp: "TIMESTAMP" };
  const columns = courseStructureColumns.map(
    ({ name, type }) => `'${name}': '${types[type.kind as keyof typeof types]}'`,
  );
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(
    `COPY (FROM read_json('${json}', format = 'newline_delimited', columns = {${columns.join(", ")}})) TO '${file}'`,
  );
  connection.closeSync();
  instance.closeSync();
  return {
    name: "course_structures",
    rawName: "openedx_raw_course_structures",
    viewName: "openedx_table_course_structures",
    source: "structures",
    folder: file,
    format: "parquet",
    columns: courseStructureColumns,
    basePartitions: ["lms"],
    partitionColumns: [],
    slices: [
      { partition: [], basePartition: [{ column: "lms", value: lms }], files: [file], rowCount: rows.length },
    ],
    mixedColumns: false,
  };
}

function courseRows(course: Course): readonly object[] {
  const { outline, key, org, code, run } = course;
  const typeOf = (block: number): string => blockTypes[outline.types[block] as number] as string;
  const nameOf = (block: number): string =>
    block === 0 ? course.title : `${typeOf(block)} ${String(outline.positions[block])}`;
  const ancestor = (block: number, type: string): string | null => {
    for (let at = block; at > 0; at = outline.parents[at] as number) {
      const parent = outline.parents[at] as number;
      if (typeOf(parent) === type) return nameOf(parent);
    }
    return null;
  };
  const locationOf = (block: number): string => (block === 0 ? key : spellBlockKey(course, block));
  return Array.from({ length: outline.blockCount }, (_, block) => ({
    module_location: locationOf(block),
    course_id: key,
    organization: org,
    course_code: code,
    course_edition: run,
    parent: block === 0 ? null : locationOf(outline.parents[block] as number),
    block_type: typeOf(block),
    display_name: nameOf(block),
    course_name: course.title,
    chapter: ancestor(block, "chapter"),
    sequential: ancestor(block, "sequential"),
    vertical: ancestor(block, "vertical"),
    course_order: block,
    visible_to_staff_only: 0,
    detached: 0,
    orphan: 0,
  }));
}
