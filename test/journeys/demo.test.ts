import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { runPanorama } from "./program.ts";
import { listFiles, localLake, openSite } from "./site.ts";

describe("panorama demo", () => {
  test("makes a lake, says what is in it, asks it a question, and tells what to type next; twice", async () => {
    await using folder = await temporaryFolder();
    const start = { folder: folder.path };

    const { exitCode, stdout, stderr } = await runPanorama(["demo", "--scale", "0.05"], start);

    expect(exitCode).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^Loaded {4}37 tables, [\d,]+ rows, [\d.]+ [KM]B in [\d.]+ s$/);
    expect(lines[1]).toBe("Lake      panorama-demo/lake");
    expect(lines[2]).toMatch(/^Tables {4}openedx_table_auth_user, .* \(37 in all\)$/);
    expect(lines[3]).toMatch(/^Views {5}openedx_view_active_learners_weekly, .* \(\d+ in all\)$/);
    expect(lines[4]).toMatch(/^Question {2}.*\?$/);
    expect(stdout).toMatch(
      /\n course +\| learners \| never started % \| completed % \| passed %\n-+(\+-+){4}\n( .*\n)+\(8 rows\)\n/,
    );
    expect(stderr).not.toContain("!");
    expect(stderr.match(/✓ sample_school\.\w+/g)).toHaveLength(37);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/ ✓ Published 37 tables {2}/);
    expect(await listFiles(folder.path)).toEqual(
      expect.arrayContaining(["panorama-demo/panorama_settings.yaml", "panorama-demo/lake/panorama.duckdb"]),
    );

    // What it says to type next works as it is typed.
    const next = lines.slice(lines.indexOf("Next") + 1);
    for (const line of next.slice(0, 2)) {
      const words = line.trim().match(/'[^']*'|\S+/g) ?? [];
      const typed = await runPanorama(
        words.slice(1).map((word) => word.replace(/^'(.*)'$/, "$1")),
        start,
      );
      expect(typed).toMatchObject({ exitCode: 0, stderr: "" });
    }
    const example = stdout.split("save this as panorama_settings.yaml\n")[1]?.split("and type\n")[0] ?? "";
    await using own = await openSite(example.replace(/^ {2}/gm, ""));
    const tried = await own.runWith({ env: { MYSQL_PASSWORD: "x" } }, "set-tables", "--all");
    expect(tried.stderr).toContain("✗ openedx_mysql: Cannot connect to localhost:3306");

    const again = await runPanorama(["demo", "--scale", "0.05"], start);
    expect(again.exitCode).toBe(0);
    expect(answerOf(again.stdout)).toBe(answerOf(stdout));
  });

  test("does not replace a settings file that somebody wrote", async () => {
    await using folder = await temporaryFolder();
    const settings = join(folder.path, "panorama_settings.yaml");
    await writeFile(settings, "datalake: {type: local, path: lake}\n");

    const { exitCode, stdout, stderr } = await runPanorama(["demo", "--folder", "."], {
      folder: folder.path,
    });

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(
      "✗ panorama_settings.yaml was not made by the demo; choose another --folder (USAGE)\n  See `panorama --help`.\n",
    );
    expect(await readFile(settings, "utf8")).toBe("datalake: {type: local, path: lake}\n");
    expect(await listFiles(folder.path)).toEqual(["panorama_settings.yaml"]);
  });

  test("says where it cannot write", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "file"), "");

    const { exitCode, stderr } = await runPanorama(["demo", "--folder", "file/demo"], {
      folder: folder.path,
    });

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^✗ The demo cannot write file\/demo\/panorama_settings\.yaml \(ENOTDIR\) \(SETTINGS_UNWRITABLE\)\n/,
    );
  });
});

describe("a lake below folders with odd names", () => {
  test.each([
    "two words/ünïcødé 数据/it's",
    "year=2024/lms=other",
    "100%/%20/a&b;c",
    "[glob]*{x}",
    '"quoted"',
  ])("%s", async (below) => {
    await using site = await openSite(
      {
        datalake: {
          ...localLake,
          path: "./lake",
          base_partitions: [{ name: "lms", type: "varchar", value: "a b/ü=1" }],
        },
        datasources: [
          {
            type: "openedx_sample",
            name: "school",
            scale: 0.02,
            tables: [{ name: "student_courseaccessrole", partitions: { partition_fields: ["role"] } }],
          },
        ],
      },
      below,
    );

    for (let load = 0; load < 2; load++) {
      expect(await site.run("extract-and-load", "--all")).toMatchObject({ exitCode: 0 });
    }

    const query = await site.run(
      "query",
      "--format=csv",
      "select count(*) > 0, min(lms), max(lms) from school_table_student_courseaccessrole where role in " +
        "(select role from school_raw_student_courseaccessrole)",
    );
    expect(query).toMatchObject({ exitCode: 0, stderr: "" });
    expect(query.stdout.split("\r\n")[1]).toBe("true,a b/ü=1,a b/ü=1");
  });
});

function answerOf(stdout: string): string {
  return stdout.slice(stdout.indexOf("\n course"), stdout.indexOf("\nNext"));
}
