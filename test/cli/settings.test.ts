import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./command-line.ts";

async function settingsFile(text: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), "panorama-cli-"));
  const path = join(folder, "settings.yaml");
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test("a settings file that is not there exits with 2 and is named", async () => {
  const { exitCode, stdout, stderr } = await run(["test-connections", "--settings", "/nowhere/s.yaml"]);

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^✗ .*/);
  expect(stderr).toContain("/nowhere/s.yaml");
  expect(stderr).toContain("(SETTINGS_INVALID)");
});

test("all that is wrong with a settings file is told, without its secrets", async () => {
  await using file = await settingsFile(
    "datalake: {type: local, path: ./lake}\n" +
      "datasources:\n- {type: mysq, name: shop, mysql_password: s3cret}\n- {nam: other}\n",
  );

  for (const argv of [
    ["--settings", file.path, "--debug", "extract-and-load", "--all"],
    ["extract-and-load", "--all", `--settings=${file.path}`, "--log-format=json"],
  ]) {
    const { exitCode, stderr } = await run(argv);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${file.path}:3:`);
    expect(stderr).toContain(`${file.path}:4:`);
    expect(stderr).not.toContain("s3cret");
  }
});

test("the settings' JSON Schema is printed without a settings file", async () => {
  const { exitCode, stdout, stderr } = await run(["settings-schema"]);

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ title: "panorama settings", type: "object" });
});
