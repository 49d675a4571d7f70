import { expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { MysqlDatasourceSettings } from "../../src/settings/settings.ts";
import { problemsOf, settingsFile } from "./settings-file.ts";

function spell(keys: string): string {
  return `datalake: {type: local, path: lake}
datasources: [{type: mysql, name: shop, mysql_host: db1, mysql_database: shop, ${keys}}]
`;
}

async function readSource(keys: string): Promise<MysqlDatasourceSettings> {
  await using file = await settingsFile(spell(keys));
  const [source] = (await readSettings(file.path, {})).datasources;
  return source as MysqlDatasourceSettings;
}

test.each([
  ["{threads_running: 20}", { threadsRunning: 20, replicaLagSeconds: undefined, maxWaitSeconds: 600 }],
  ["{replica_lag: 30s}", { threadsRunning: undefined, replicaLagSeconds: 30, maxWaitSeconds: 600 }],
  [
    "{threads_running: '8', replica_lag: 2 minutes, max_wait: 12h}",
    { threadsRunning: 8, replicaLagSeconds: 120, maxWaitSeconds: 43_200 },
  ],
  ["", undefined],
])("max_load: %s", async (written, maxLoad) => {
  expect((await readSource(`max_load: ${written}`)).maxLoad).toEqual(maxLoad);
});

test.each([
  ["{}", "2: datasources[0].max_load: threads_running or replica_lag is missing"],
  ["20", "2: datasources[0].max_load: must be a mapping with keys such as threads_running and replica_lag"],
  [
    "{threads_runing: 20}",
    '2: datasources[0].max_load.threads_runing: unknown setting; did you mean "threads_running"?',
  ],
  ["{threads_running: 0}", "2: datasources[0].max_load.threads_running: must be a whole number above 0"],
  ["{replica_lag: 30}", "2: datasources[0].max_load.replica_lag: must be a time such as 30s or 10m"],
  ["{replica_lag: 1s, max_wait: 13h}", "2: datasources[0].max_load.max_wait: must be 12h at most"],
])("max_load: %s is refused", async (written, problem) => {
  expect(await problemsOf(spell(`max_load: ${written}`))).toContain(problem);
});

test("a replica takes the place of host, port and socket, and nothing else", async () => {
  expect((await readSource("mysql_replica_host: db2")).replica).toEqual({
    host: "db2",
    port: 3306,
    socket: undefined,
  });
  const { connection, replica } = await readSource(
    "mysql_socket: /run/a, mysql_replica_socket: b, mysql_replica_port: 3307",
  );
  expect(connection).toMatchObject({ host: "db1", socket: "/run/a" });
  expect(replica).toMatchObject({ port: 3307, socket: expect.stringMatching(/\/b$/) as string });
  expect((await readSource("mysql_replica_host: ''")).replica).toBeUndefined();
});

test("a replica's port needs its host", async () => {
  expect(await problemsOf(spell("mysql_replica_port: 3307"))).toEqual([
    "2: datasources[0].mysql_replica_port: mysql_replica_host is missing",
  ]);
});

test("no other type of datasource has a bound or a replica", async () => {
  const problems = await problemsOf(`datalake: {type: local, path: lake}
datasources:
- type: openedx_course_structures
  name: lms
  mysql_host: db1
  mysql_replica_host: db2
  max_load: {threads_running: 20}
`);

  expect(problems).toEqual([
    "6: datasources[0].mysql_replica_host: unknown setting here; it belongs to type mysql, and this is type openedx_course_structures",
    "7: datasources[0].max_load: unknown setting",
  ]);
});
