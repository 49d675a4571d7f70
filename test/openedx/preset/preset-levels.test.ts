import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { extractAndLoad, queryLake, readSettings, renderResult, type RunEvent } from "../../../src/index.ts";
import { temporaryFolder } from "../../services/temporary-folder.ts";

const key = "a key of the test's own";

interface Lake {
  readonly events: readonly RunEvent[];
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const levels = ["full", "pseudonymous", "anonymous"] as const;
const lakes = new Map<string, Lake>();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const level of levels) lakes.set(level, await loadSample(level));
});

afterAll(() => folder[Symbol.asyncDispose]());

async function loadSample(level: string): Promise<Lake> {
  const file = join(folder.path, `${level}.yaml`);
  await writeFile(
    file,
    `datalake: {type: local, path: ./${level}}
datasources:
- {type: openedx_sample, name: school, scale: 0.05, preset: openedx, privacy: ${level}}
`,
  );
  const settings = await readSettings(file, { PANORAMA_PRIVACY_KEY: key });
  const events: RunEvent[] = [];
  const reporter = { report: (event: RunEvent) => void events.push(event), close: () => undefined };
  const { signal } = new AbortController();
  const { failed } = await extractAndLoad(settings, { all: true }, { reporter, signal, force: false });
  expect(failed).toBe(0);
  return {
    events,
    query: async (sql) => {
      await using result = await queryLake(settings, sql, signal);
      let text = "";
      const append = async (piece: string): Promise<void> => void (text += piece);
      await renderResult(result, "json", append, { width: undefined });
      return JSON.parse(text) as readonly Readonly<Record<string, unknown>>[];
    },
  };
}

function lakeAt(level: (typeof levels)[number]): Lake {
  return lakes.get(level) as Lake;
}

async function columnsAt(level: (typeof levels)[number]): Promise<readonly string[]> {
  const rows = await lakeAt(level).query(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_name like 'table_%' order by name`,
  );
  return rows.map(({ name }) => String(name).replace(/^table_/, ""));
}

function hashOf(text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

describe.each(levels)("the sample site with privacy: %s", (level) => {
  test("has no column with secrets, and a run without warnings", async () => {
    const columns = await columnsAt(level);

    expect(columns).toContain("auth_user.is_staff");
    expect(columns.filter((name) => /\.(password|meta|site_values)$/.test(name))).toEqual([]);
    expect(lakeAt(level).events.filter(({ kind }) => kind === "warning")).toEqual([]);
  });

  test.each([
    "select count(*) as n, count(distinct u.id) as people from table_student_courseenrollment e join table_auth_user u on u.id = e.user_id",
    "select course_id, count(distinct m.student_id) as people, count(g.user_id) as graded from table_courseware_studentmodule m left join table_grades_persistentcoursegrade g using (course_id) where g.user_id = m.student_id group by all order by all",
    "select count(*) as n, count(distinct country) as countries from table_auth_userprofile p join table_completion_blockcompletion b using (user_id)",
    "select count(*) as n from table_enterprise_enterprisecustomeruser c join table_auth_user u on u.id = c.user_id",
    "select count(*) as n from table_student_courseaccessrole r join table_auth_user u on u.id = r.user_id where not u.is_superuser",
  ])("joins on people as without it: %s", async (sql) => {
    const answer = await lakeAt(level).query(sql);

    expect(answer[0]?.["n"] ?? answer[0]?.["people"]).toBeGreaterThan(0);
    expect(answer).toEqual(await lakeAt("full").query(sql));
  });
});

test("by default all but secrets is loaded", async () => {
  const [user] = await lakeAt("full").query("select id, username, email from table_auth_user where id = 1");

  expect(user).toEqual({ id: 1, username: "admin", email: expect.stringContaining("@") as string });
  expect(await columnsAt("full")).toContain("auth_userprofile.bio");
});

test("pseudonymous: names are hashes that can be joined, ids are what they were", async () => {
  const [user] = await lakeAt("full").query("select * from table_auth_user where id = 2");

  expect(await lakeAt("pseudonymous").query("select * from table_auth_user where id = 2")).toEqual([
    {
      id: 2,
      last_login: user?.["last_login"],
      is_superuser: user?.["is_superuser"],
      username: hashOf(String(user?.["username"])),
      email: hashOf(String(user?.["email"])),
      is_staff: user?.["is_staff"],
      is_active: user?.["is_active"],
      date_joined: user?.["date_joined"],
    },
  ]);
  const invited =
    "select count(*) as n from table_student_courseenrollmentallowed a join table_auth_user u on u.email = a.email";
  expect(await lakeAt("pseudonymous").query(invited)).toEqual(await lakeAt("full").query(invited));
});

test("anonymous: people are hashes, what they wrote is empty, dates of theirs are years", async () => {
  const lake = lakeAt("anonymous");

  expect(await lake.query(`select * from table_auth_user where id = '${hashOf("2")}'`)).toEqual([
    {
      id: hashOf("2"),
      last_login: expect.any(Number) as number,
      is_superuser: expect.any(Number) as number,
      username: null,
      email: null,
      is_staff: expect.any(Number) as number,
      is_active: 1,
      date_joined: expect.any(Number) as number,
    },
  ]);
  const facts =
    "count(*) > 0 as any_row, count(state) as states, count(distinct length(student_id)) as lengths";
  expect(
    await lake.query(`select ${facts}, max(length(student_id)) as l from table_courseware_studentmodule`),
  ).toEqual([{ any_row: true, states: 0, lengths: 1, l: 64 }]);
  expect(await columnsAt("anonymous")).not.toContain("student_anonymoususerid.user_id");
  expect(await columnsAt("anonymous")).not.toContain("auth_userprofile.city");
});
