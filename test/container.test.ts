import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { readSettings } from "../src/settings/read-settings.ts";
import { temporaryFolder } from "./services/temporary-folder.ts";

const execute = promisify(execFile);

interface Instruction {
  readonly word: string;
  readonly text: string;
}

/** Each stage's instructions, with continued lines joined; comments are left out. */
const stages: readonly (readonly Instruction[])[] = readFileSync("Dockerfile", "utf8")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n/g, " ")
  .split(/^(?=FROM )/m)
  .filter((stage) => stage.trim() !== "")
  .map((stage) =>
    stage
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => ({ word: line.split(" ", 1)[0] ?? "", text: line.slice(line.indexOf(" ") + 1).trim() })),
  );
const instructions = stages.flat();

describe("the image", () => {
  test("is made of releases that are named", () => {
    const bases = instructions.filter(({ word }) => word === "FROM").map(({ text }) => text.split(" ")[0]);

    expect(bases.length).toBeGreaterThan(1);
    for (const base of bases) expect(base).toMatch(/^node:\d+-[a-z]+-slim$/);
  });

  test("does not run as root, and says so in a way that Kubernetes can check", () => {
    const [user] = (stages.at(-1) ?? []).filter(({ word }) => word === "USER").slice(-1);

    expect(user?.text).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test("holds no secret and fetches nothing by address", () => {
    expect(instructions.filter(({ word }) => word === "ADD")).toEqual([]);
    for (const { word, text } of instructions) {
      if (["ENV", "ARG", "LABEL"].includes(word)) expect(text).not.toMatch(/password|secret|token|key/i);
    }
  });

  test("is built from files that are there and that .dockerignore lets through", () => {
    const allowed = readFileSync(".dockerignore", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const sources = instructions
      .filter(({ word, text }) => word === "COPY" && !text.includes("--from="))
      .flatMap(({ text }) =>
        text
          .split(/\s+/)
          .filter((part) => !part.startsWith("--"))
          .slice(0, -1),
      );

    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
    expect(
      sources.filter((source) => !allowed.some((path) => source === path || source.startsWith(`${path}/`))),
    ).toEqual([]);
    expect(
      allowed.filter((path) => !sources.some((source) => source === path || source.startsWith(`${path}/`))),
    ).toEqual([]);
  });

  test("starts what the build makes, in the folder of the settings", () => {
    const { bin } = JSON.parse(readFileSync("package.json", "utf8")) as { bin: { panorama: string } };
    const final = stages.at(-1) ?? [];
    const last = (word: string): string | undefined => final.findLast((each) => each.word === word)?.text;

    expect(final.map(({ text }) => text)).toContainEqual(
      expect.stringContaining(`ln -s /opt/panorama/${bin.panorama} /usr/local/bin/panorama`),
    );
    expect(last("WORKDIR")).toBe("/config");
    expect(JSON.parse(last("ENTRYPOINT") ?? "")).toEqual(["entrypoint"]);
  });
});

describe("the image's entry", () => {
  /** What the program is called with, or what the shell says. */
  async function enter(...argv: readonly string[]): Promise<string> {
    await using folder = await temporaryFolder();
    const program = join(folder.path, "panorama");
    await writeFile(program, '#!/bin/sh\necho "panorama $*"\n');
    await chmod(program, 0o755);
    const path = [folder.path, resolve("deploy/container"), "/usr/bin", "/bin"].join(":");
    try {
      const { stdout } = await execute(resolve("deploy/container/entrypoint"), argv, { env: { PATH: path } });
      return stdout.trim();
    } catch (error) {
      const { code, stderr } = error as { readonly code: number; readonly stderr: string };
      return `${code}: ${stderr.trim()}`;
    }
  }

  test.each([
    [["extract-and-load", "--all"], "panorama extract-and-load --all"],
    [["--version"], "panorama --version"],
    [[], "panorama"],
    [["panorama", "test-connections"], "panorama test-connections"],
    [["sh", "-c", "echo shell"], "shell"],
  ])("%j", async (argv, called) => {
    expect(await enter(...argv)).toBe(called);
  });

  test.each([
    [
      "the README's",
      ["python", "panorama.py", "--settings=/config/s.yaml", "test-connections"],
      "panorama --settings=/config/s.yaml test-connections",
    ],
    [
      "Tutor's jobs'",
      ["sh", "-e", "-c", "python /panorama-elt/panorama.py --settings=/config/s.yaml test-connections"],
      "panorama --settings=/config/s.yaml test-connections",
    ],
    [
      "Tutor's CronJob's",
      ["/bin/sh", "-c", "python /panorama-elt/panorama.py --settings /config/s.yaml extract-and-load --all"],
      "panorama --settings /config/s.yaml extract-and-load --all",
    ],
  ])("takes %s way to call the original", async (_whose, argv, called) => {
    expect(await enter(...argv)).toBe(called);
  });

  test("says that there is no Python for anything else", async () => {
    expect(await enter("python", "-c", "1")).toBe(
      "127: There is no Python in this image: type panorama COMMAND in place of python panorama.py COMMAND",
    );
  });

  test("can be executed", () => {
    for (const name of ["entrypoint", "python"]) {
      expect(statSync(`deploy/container/${name}`).mode & 0o111).toBe(0o111);
    }
  });
});

test("Compose runs it read-only, with a limit of memory, and with secrets from files", () => {
  const compose = parse(readFileSync("compose.yaml", "utf8")) as {
    readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  };

  expect(compose.services["panorama"]).toMatchObject({
    read_only: true,
    mem_limit: expect.stringMatching(/^\d+m$/) as string,
    cap_drop: ["ALL"],
    secrets: Object.keys(compose.secrets),
    volumes: expect.arrayContaining(["./config:/config:ro"]) as string[],
    environment: { AWS_ACCESS_KEY_ID: null, AWS_SECRET_ACCESS_KEY: null },
  });
  for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\//);
});

describe("the Kubernetes CronJob", () => {
  const [configMap, cronJob] = parseAllDocuments(readFileSync("deploy/kubernetes/cronjob.yaml", "utf8")).map(
    (document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Readonly<Record<string, unknown>>;
    },
  );

  test("runs one load at a time, with little memory and few rights", () => {
    expect(cronJob).toMatchObject({
      apiVersion: "batch/v1",
      kind: "CronJob",
      spec: {
        concurrencyPolicy: "Forbid",
        schedule: expect.stringMatching(/^\S+ \S+ \S+ \S+ \S+$/) as string,
        jobTemplate: {
          spec: {
            template: {
              spec: {
                restartPolicy: "Never",
                automountServiceAccountToken: false,
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: 1000,
                  seccompProfile: { type: "RuntimeDefault" },
                },
                containers: [
                  {
                    args: expect.arrayContaining(["extract-and-load", "--all"]) as string[],
                    resources: {
                      requests: { memory: expect.stringMatching(/^\d+Mi$/) as string },
                      limits: { memory: expect.stringMatching(/^\d+Mi$/) as string },
                    },
                    securityContext: {
                      allowPrivilegeEscalation: false,
                      readOnlyRootFilesystem: true,
                      capabilities: { drop: ["ALL"] },
                    },
                    volumeMounts: expect.arrayContaining([
                      { name: "scratch", mountPath: "/tmp" },
                      { name: "settings", mountPath: "/config", readOnly: true },
                    ]) as object[],
                  },
                ],
                volumes: expect.arrayContaining([
                  { name: "scratch", emptyDir: { sizeLimit: expect.any(String) as string } },
                  { name: "settings", configMap: { name: "panorama-elt" } },
                ]) as object[],
              },
            },
          },
        },
      },
    });
  });

  test("holds no secret, and settings that the program accepts", async () => {
    const data = configMap?.["data"] as Readonly<Record<string, string>>;
    const settings = data["panorama_settings.yaml"] ?? "";
    await using folder = await temporaryFolder();
    const secrets = join(folder.path, "secrets");
    await mkdir(secrets);
    await writeFile(join(secrets, "mysql_password"), "s3cret\n");
    const file = join(folder.path, "panorama_settings.yaml");
    await writeFile(file, settings.replaceAll("/run/secrets/panorama", secrets));

    expect(settings).not.toMatch(/password:|secret_access_key:/);
    await expect(readSettings(file, {})).resolves.toMatchObject({
      datalake: { type: "aws", format: "csv" },
      datasources: [{ connection: { password: "s3cret" } }],
    });
  });
});
