import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { DatasourceSettings } from "../../src/settings/settings.ts";
import { failureOf, problemsOf, settingsFile } from "./settings-file.ts";

function mysqlWith(...lines: string[]): string {
  const settings = lines.map((line) => `  ${line}\n`).join("");
  return `datalake: {type: local, path: lake}\ndatasources:\n- type: mysql\n  name: db\n  mysql_database: shop\n${settings}`;
}

async function passwordOf(
  line: string,
  environment: Record<string, string> = {},
): Promise<string | undefined> {
  await using file = await settingsFile(mysqlWith(line));
  return connectionPassword((await readSettings(file.path, environment)).datasources);
}

function connectionPassword(datasources: readonly DatasourceSettings[]): string | undefined {
  const [source] = datasources;
  return source?.type === "mysql" ? source.connection.password : undefined;
}

describe("variables", () => {
  test.each([
    ["${PW}", "s3cret"],
    ["'a${PW}b${PW}'", "as3cretbs3cret"],
    ["${NONE:-default}", "default"],
    ["${EMPTY:-default}", "default"],
    ["${PW:-default}", "s3cret"],
    ["${NONE:-${PW}!}", "s3cret!"],
    ["${NONE:-}", undefined],
    ["${EMPTY}", undefined],
    ["$${PW}", "${PW}"],
    ["'$$${PW}'", "$${PW}"],
    ["$PW", "$PW"],
    ["'a$'", "a$"],
    ["${NESTED}", "${PW}"],
    ["${YAML}", "x\n  mysql_host: evil # no comment"],
  ])("%s", async (written, password) => {
    const environment = {
      PW: "s3cret",
      EMPTY: "",
      NESTED: "${PW}",
      YAML: "x\n  mysql_host: evil # no comment",
    };

    expect(await passwordOf(`mysql_password: ${written}`, environment)).toBe(password);
  });

  test("a variable may stand for a number, a flag or a type", async () => {
    await using file = await settingsFile(
      mysqlWith("mysql_port: ${PORT}", "mysql_compress: ${COMPRESS:-on}"),
    );

    const { datasources } = await readSettings(file.path, { PORT: "3307" });

    expect(datasources[0]).toMatchObject({ connection: { port: 3307, compress: true } });
  });

  test("the environment is the process's unless another is given", async () => {
    await using file = await settingsFile(mysqlWith("mysql_password: ${PANORAMA_TEST_UNSET:-x}${PATH}"));

    expect(connectionPassword((await readSettings(file.path)).datasources)).toBe(`x${process.env["PATH"]}`);
  });

  test("what is wrong with them is told with the line", async () => {
    const problems = await problemsOf(
      mysqlWith(
        "mysql_password: ${NONE}",
        "mysql_host: ${NONE:-${OTHER}}",
        "mysql_username: '${a b}'",
        "mysql_ssl_ca: '${A:-b'",
      ),
    );

    expect(problems).toEqual([
      "6: datasources[0].mysql_password: the environment has no variable NONE; set it, or write ${NONE:-default}",
      "7: datasources[0].mysql_host: the environment has no variable OTHER; set it, or write ${OTHER:-default}",
      '8: datasources[0].mysql_username: "${" begins a variable, as in ${NAME} or ${NAME:-default}; write "$${" for the text "${"',
      '9: datasources[0].mysql_ssl_ca: the default of variable A has no closing "}"',
    ]);
  });

  test("a setting whose variable is not set is not called missing too", async () => {
    const problems = await problemsOf(
      "datalake: {type: local, path: '${LAKE}'}\ndatasources: [{type: '${T}', name: a}]\n",
    );

    expect(problems).toEqual([
      "1: datalake.path: the environment has no variable LAKE; set it, or write ${LAKE:-default}",
      "2: datasources[0].type: the environment has no variable T; set it, or write ${T:-default}",
    ]);
  });

  test("a default that is not needed may name what is not set", async () => {
    expect(await passwordOf("mysql_password: ${PW:-${NONE}}", { PW: "x" })).toBe("x");
  });
});

describe("secrets in files of their own", () => {
  test("one line end at the end is dropped, all else belongs to the secret", async () => {
    await using file = await settingsFile(mysqlWith("mysql_password_file: ${SECRETS}/password"));
    await file.write("password", " s3cret ${HOME} \n\n");

    const { datasources } = await readSettings(file.path, { SECRETS: file.folder });

    expect(connectionPassword(datasources)).toBe(" s3cret ${HOME} \n");
  });

  test("all four secrets, relative to the settings file", async () => {
    await using file = await settingsFile(`datalake:
  type: aws
  panorama_raw_data_bucket: b
  aws_access_key_file: id
  aws_secret_access_key_file: secret
datasources:
- type: openedx_course_structures
  name: courses
  mysql_host: db
  mysql_password_file: mysql
  mongodb_password_file: mongo
`);
    for (const name of ["id", "secret", "mysql", "mongo"]) await file.write(name, `the ${name}\r\n`);

    const { datalake, datasources } = await readSettings(file.path, {});

    expect(datalake).toMatchObject({ credentials: { accessKeyId: "the id", secretAccessKey: "the secret" } });
    expect(datasources[0]).toMatchObject({
      mysql: { password: "the mysql" },
      mongodb: { password: "the mongo" },
    });
  });

  test("both ways at once, no such file, a folder, an empty one, a binary one", async () => {
    await using file = await settingsFile(`datalake:
  type: aws
  panorama_raw_data_bucket: b
  aws_access_key_file: empty
  aws_secret_access_key_file: binary
datasources:
- {type: mysql, name: a, mysql_database: d, mysql_password: hunter2, mysql_password_file: empty}
- {type: openedx_course_structures, name: b, mysql_password_file: none, mongodb_password_file: folder}
`);
    await file.write("empty", "\n");
    await file.write("binary", Uint8Array.of(0xff, 0xfe));
    await mkdir(join(file.folder, "folder"));

    const error = await failureOf(readSettings(file.path, {}));

    expect(error.message.replaceAll(`${file.path}:`, "").split("\n")).toEqual([
      "5 problems in the settings file",
      "4: datalake.aws_access_key_file: the file is empty",
      "5: datalake.aws_secret_access_key_file: the file is not UTF-8 text",
      "7: datasources[0].mysql_password_file: mysql_password is given too; keep one of the two",
      "8: datasources[1].mysql_password_file: there is no such file",
      "8: datasources[1].mongodb_password_file: is a folder",
    ]);
  });
});
