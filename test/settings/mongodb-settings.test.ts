import { expect, test } from "vitest";
import { readSettings } from "../../src/settings/read-settings.ts";
import type { CourseStructuresDatasourceSettings } from "../../src/settings/settings.ts";
import { problemsOf, settingsFile } from "./settings-file.ts";

const lake = "datalake: {type: local, path: lake}\n";

async function readSource(keys: string): Promise<CourseStructuresDatasourceSettings> {
  await using file = await settingsFile(
    `${lake}datasources: [{type: openedx_course_structures, name: lms, ${keys}}]\n`,
  );
  await file.write("uri", "mongodb+srv://reader:secret@cluster.example.com/\n");
  const [source] = (await readSettings(file.path, {})).datasources;
  return source as CourseStructuresDatasourceSettings;
}

test("a MongoDB needs nothing: the host, database and collections that the original takes for granted", async () => {
  const usual = {
    uri: undefined,
    host: "localhost",
    port: undefined,
    username: undefined,
    password: undefined,
    database: "edxapp",
    authSource: undefined,
    replicaSet: undefined,
    readPreference: undefined,
    tls: undefined,
    tlsCa: undefined,
    tlsCert: undefined,
    collection: "modulestore",
  };

  expect((await readSource("")).mongodb).toEqual(usual);
  const blank = "mongodb_host: , mongodb_username: '', mongodb_password: '', mongodb_database: ''";
  expect((await readSource(blank)).mongodb).toEqual(usual);
});

test("every setting of a cluster", async () => {
  const { mongodb } = await readSource(
    "mongodb_host: 'a.example.com,b.example.com:27018', mongodb_port: 27019, mongodb_username: reader, " +
      "mongodb_password: 0042, mongodb_database: openedx, mongodb_auth_source: admin, mongodb_replica_set: rs0, " +
      "mongodb_read_preference: secondary-preferred, mongodb_tls_ca: ca.pem, mongodb_tls_cert: /etc/client.pem, " +
      "mongodb_collection: campus",
  );

  expect(mongodb).toMatchObject({
    host: "a.example.com,b.example.com:27018",
    port: 27019,
    username: "reader",
    password: "0042",
    database: "openedx",
    authSource: "admin",
    replicaSet: "rs0",
    readPreference: "secondary_preferred",
    tls: true,
    tlsCa: expect.stringMatching(/^\/.*\/ca\.pem$/) as string,
    tlsCert: "/etc/client.pem",
    collection: "campus",
  });
});

test("a connection string may be in a file of its own, or where the original has the host", async () => {
  const inFile = await readSource("mongodb_uri_file: uri, mongodb_database: openedx");
  expect(inFile.mongodb).toMatchObject({
    uri: "mongodb+srv://reader:secret@cluster.example.com/",
    database: "openedx",
  });

  const asHost = await readSource("mongodb_host: 'mongodb://a.example.com/?replicaSet=rs0'");
  expect(asHost.mongodb).toMatchObject({ uri: "mongodb://a.example.com/?replicaSet=rs0", host: "localhost" });
});

test("what contradicts itself is told, and never the connection string", async () => {
  const problems = await problemsOf(`${lake}datasources:
- {type: openedx_course_structures, name: a, mongodb_uri: "mongodb://u:s3cret@db/", mongodb_host: db, mongodb_port: 1}
- {type: openedx_course_structures, name: b, mongodb_uri: "u:s3cret@db"}
- {type: openedx_course_structures, name: c, mongodb_tls: false, mongodb_tls_ca: ca.pem}
- {type: openedx_course_structures, name: d, mongodb_read_preference: closest}
`);

  expect(problems).toEqual([
    "3: datasources[0].mongodb_uri: mongodb_host is given too; keep one of the two",
    "3: datasources[0].mongodb_uri: mongodb_port is given too; keep one of the two",
    "4: datasources[1].mongodb_uri: must begin with mongodb:// or mongodb+srv://",
    "5: datasources[2].mongodb_tls: a TLS file is given, which needs mongodb_tls: true",
    expect.stringMatching(/^6: datasources\[3\]\.mongodb_read_preference: unknown word "closest"/) as string,
  ]);
});
