import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, type TestContext } from "vitest";
import { temporaryFolder, type TemporaryFolder } from "../services/temporary-folder.ts";
import { listFiles, localLake, openSite, type SettingsContent } from "./site.ts";

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const nobody = 65534;

/** `places` is small, `modules` makes 800 KB of CSV. */
function schoolIn(path: string, tables: readonly string[], format = "parquet"): SettingsContent {
  const source = { places: "student_courseaccessrole", modules: "completion_blockcompletion" };
  return {
    datalake: { ...localLake, path, format },
    datasources: [
      {
        type: "openedx_sample",
        name: "school",
        scale: 0.1,
        tables: tables.map((name) => ({ name: source[name as keyof typeof source] })),
      },
    ],
  };
}

/** A file system that holds `size` bytes and goes when disposed of. Only root may have one. */
async function smallDisk(size: string, { skip }: TestContext): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  const mounted = await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder.path]).catch(
    (error: Error) => error,
  );
  if (mounted instanceof Error) {
    await folder[Symbol.asyncDispose]();
    return skip(`this account may not mount a small disk: ${mounted.message}`);
  }
  return {
    path: folder.path,
    [Symbol.asyncDispose]: async () => {
      await run("umount", [folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("a disk that is full", () => {
  test("fails the table that does not fit, loads the others and leaves no part of a file", async (context) => {
    await using disk = await smallDisk("1m", context);
    const lake = join(disk.path, "lake");
    await using site = await openSite(schoolIn(lake, ["places"], "csv"));
    expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);
    const rows = await site.query("select * from school_table_student_courseaccessrole order by id");
    // Enough is left for another catalog, of 268 KB.
    await writeFile(join(disk.path, "fill"), Buffer.alloc(400 << 10));

    await site.writeSettings(schoolIn(lake, ["modules", "places"], "csv"));
    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /✗ school\.completion_blockcompletion: Cannot write \S+\.csv: no space left on device \(ENOSPC\) \(STORE_FULL\)\n\S+ {3}Free some space and run again\./,
    );
    expect(stderr).toContain("✗ Published 1 table, 1 failed");
    expect(await site.query("select * from school_table_student_courseaccessrole order by id")).toEqual(rows);
    const files = await listFiles(lake);
    expect(files.filter((file) => /completion|\/\.|runs\/|staging/.test(file))).toEqual([]);
  });

  test("that takes nothing at all is told in one sentence; with room again the next run loads", async (context) => {
    await using disk = await smallDisk("2m", context);
    const lake = join(disk.path, "lake");
    await using site = await openSite(schoolIn(lake, ["places"]));
    await site.run("extract-and-load", "--all");
    const before = await listFiles(lake);
    const fill = join(disk.path, "fill");
    await writeFile(fill, Buffer.alloc(4 << 20)).catch(() => undefined);

    const full = await site.run("extract-and-load", "--all");

    expect(full).toMatchObject({ exitCode: 1, stdout: "" });
    expect(full.stderr).toMatch(
      /^✗ Cannot write \S+: no space left on device \(ENOSPC\) \(STORE_FULL\)\n {2}Free some space.*\n$/,
    );
    expect(await listFiles(lake)).toEqual(before);
    expect((await site.run("test-connections")).exitCode).toBe(1);
    await truncate(fill, 0);
    expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);
  });

  test("while the catalog is written leaves the old one; the next run shows what was published", async (context) => {
    await using disk = await smallDisk("2m", context);
    const lake = join(disk.path, "lake");
    await using site = await openSite(schoolIn(lake, ["places"]));
    await site.run("extract-and-load", "--all");
    const fill = join(disk.path, "fill");
    // A catalog takes 256 KiB at least, the table two pages.
    await writeFile(fill, Buffer.alloc((2 << 20) - (480 << 10)));

    const full = await site.run("extract-and-load", "--all");

    expect(full.exitCode).toBe(1);
    expect(full.stderr).toMatch(
      /✗ Cannot write the catalog \S+panorama\.duckdb.* \(STORE_FULL\)\n {2}Free some/,
    );
    expect(
      await site.query("select count(*) > 0 as some from school_table_student_courseaccessrole"),
    ).toEqual([{ some: true }]);
    await truncate(fill, 0);
    expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);
    expect((await listFiles(lake)).filter((file) => /(^|\/)\./.test(file))).toEqual([]);
  });
});

describe("a lake's folder", () => {
  test("that may only be read answers queries, and refuses to load with a sentence", async () => {
    await using site = await openSite(schoolIn("./lake", ["places"]));
    await chmod(site.folder, 0o755);
    await site.run("extract-and-load", "--all");
    const before = await site.files();
    const asReader = isRoot ? { uid: nobody } : {};
    if (!isRoot) await run("chmod", ["-R", "a-w", site.lake]);

    const load = await site.runWith(asReader, "extract-and-load", "--all");
    const drop = await site.runWith(asReader, "drop-datalake-tables", "--all");
    const connections = await site.runWith(asReader, "test-connections");
    const query = await site.runWith(
      asReader,
      "query",
      "select count(*) as n from school_table_student_courseaccessrole",
    );
    if (!isRoot) await run("chmod", ["-R", "u+w", site.lake]);

    for (const { exitCode, stdout, stderr } of [load, drop]) {
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toMatch(
        /^✗ Cannot write \S+lake\/school\/_panorama\/\S+: permission denied \(EACCES\) \(STORE_READ_ONLY\)\n {2}Make the folder writable for this account, or choose another `path` or `catalog_path`\.\n$/,
      );
    }
    expect(connections.exitCode).toBe(1);
    expect(connections.stdout).toMatch(
      /✗ \S+lake\/ {2}Cannot write .*\n✗ catalog \S+ {2}the folder .* cannot be written to\n$/,
    );
    expect(query.exitCode).toBe(0);
    expect(await site.files()).toEqual(before);
  });

  test.each([
    ["is a file", "lake"],
    ["lies below a file", "lake/of/ours"],
  ])("that %s is refused with a sentence that names the file", async (_what, path) => {
    await using site = await openSite(schoolIn(`./${path}`, ["places"]));
    await writeFile(site.lake, "Mine.\n");

    for (const command of ["extract-and-load --all", "tables", "create-datalake-tables --all"]) {
      const { exitCode, stderr } = await site.run(...command.split(" "));
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        `✗ Cannot make a lake in ${join(site.folder, path)}: ${site.lake} is a file (STORE_FAILED)\n` +
          "  Correct what the message above names, or choose another `path` or bucket.\n",
      );
    }
    expect((await site.run("test-connections")).stdout).toContain(`✗ datalake  Cannot make a lake in`);
    expect(await readFile(site.lake, "utf8")).toBe("Mine.\n");
  });

  test("that a newer version wrote is read by nobody here and changed by nobody", async () => {
    await using site = await openSite(schoolIn("./lake", ["places"]));
    await site.run("extract-and-load", "--all");
    const manifest = join(site.lake, "school/_panorama/manifest.json");
    const newer = (await readFile(manifest, "utf8")).replace('"version":1', '"version":2');
    await writeFile(manifest, newer);
    const before = await site.files();

    for (const command of [
      "extract-and-load --all",
      "tables",
      "create-table-views --all",
      "drop-datalake-tables --all",
    ]) {
      const { exitCode, stdout, stderr } = await site.run(...command.split(" "));
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toBe(
        `✗ ${manifest} was written by a newer version (its format is 2, this one reads 1) (LAKE_UNREADABLE)\n` +
          "  Use the version that wrote it, or another `path`, bucket or `base_prefix`.\n",
      );
    }
    const connections = await site.run("test-connections");
    expect(connections.exitCode).toBe(1);
    expect(connections.stdout).toContain(`✗ datalake  ${manifest} was written by a newer version`);
    expect(await site.files()).toEqual(before);
    expect(await readFile(manifest, "utf8")).toBe(newer);
  });

  test.each([
    ["another program's manifest", '{"files": []}', "is not the manifest of a lake of ours"],
    [
      "a manifest that was cut off",
      '{"format":"panorama-lake","version":1,"gen',
      "is damaged: it is not JSON",
    ],
  ])("with %s is left alone", async (_what, content, sentence) => {
    await using site = await openSite(schoolIn("./lake", ["places"]));
    const manifest = join(site.lake, "school/_panorama/manifest.json");
    await mkdir(join(manifest, ".."), { recursive: true });
    await writeFile(manifest, content);

    const { exitCode, stderr } = await site.run("extract-and-load", "--all");

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`✗ ${manifest} ${sentence}`);
    expect(await site.files()).toEqual(["school/_panorama/manifest.json"]);
  });

  test("with files of others keeps them", async () => {
    await using site = await openSite(schoolIn("./lake", ["places"]));
    const theirs = ["notes.txt", "school/student_courseaccessrole/readme.md", "school/_panorama/todo.txt"];
    for (const file of theirs) {
      await mkdir(join(site.lake, file, ".."), { recursive: true });
      await writeFile(join(site.lake, file), "Theirs.\n");
    }

    for (let load = 0; load < 2; load++) {
      expect((await site.run("extract-and-load", "--all")).exitCode).toBe(0);
    }

    expect(await site.files()).toEqual(expect.arrayContaining(theirs));
    await rm(site.lake, { recursive: true });
  });
});
