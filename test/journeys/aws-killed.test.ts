import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { openFaultyProxy, type SeenRequest } from "../services/faulty-proxy.ts";
import { describeOnMoto, type TestMotoServer } from "../services/moto-server.ts";
import { describeOnServers, type TestDatabase } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { type AwsSite, openAwsSite } from "./aws-site.ts";
import { keepViews, partitionFolders } from "./glue-state.ts";
import { readEvents } from "./program.ts";
import { mysqlDatasource } from "./site.ts";

const lms = "lms.example.com";
const raw = "openedx_raw_visits";
const visits = { name: "visits", partitions: { partition_fields: ["course_id"] } };

/** Where a run is held until it is killed: at its so-many-th request to S3 or call of Glue that fits. */
type Moment = readonly [
  what: string,
  at: { readonly s3: (request: SeenRequest) => boolean } | { readonly glue: RegExp },
  count: number,
];

const isCopy = ({ method, headers }: SeenRequest): boolean =>
  method === "PUT" && headers["x-amz-copy-source"] !== undefined;
const isManifest = ({ method, url }: SeenRequest): boolean =>
  method === "PUT" && url.includes("manifest.json");

const moments = {
  csv: [
    ["between upload and publication", { s3: isManifest }, 1],
    ["between publication and the first move", { s3: isCopy }, 1],
    ["between moves", { s3: isCopy }, 2],
    ["between moves and partitions", { glue: /^Batch/ }, 1],
    ["between new partitions and gone ones", { glue: /^BatchDelete/ }, 1],
  ],
  parquet: [
    ["between publication and partitions", { glue: /^Batch/ }, 1],
    ["between new partitions and moved ones", { glue: /^BatchUpdate/ }, 1],
  ],
} as const satisfies Record<string, readonly Moment[]>;

describeOnS3("a run on AWS that is killed", (s3) => {
  describeOnMoto("with Athena", (moto) => {
    describeOnServers(
      "from MySQL",
      (server) => {
        test.each(["csv", "parquet"] as const)(
          "at any step: Glue names no file that is missing, and the next run repairs all (%s)",
          async (format) => {
            await using school = await server.database();
            await school.query("create table visits (id int primary key, course_id varchar(20))");
            await using proxy = await openFaultyProxy(s3.endpointUrl);
            await using lake = await openAwsSite(
              { s3, moto, endpointUrl: proxy.url },
              {
                datalake: { format, retention_hours: 0 },
                datasources: [mysqlDatasource(school, [visits])],
              },
            );
            await enrol(school, 0);
            keepViews(moto, lake);
            expect((await lake.run("extract-and-load", "--all", "--force")).exitCode).toBe(0);

            for (const [round, [what, at, count]] of moments[format].entries()) {
              await enrol(school, round + 1);
              let hold = (): void => undefined;
              const held = new Promise<string>((resolve) => (hold = () => resolve(what)));
              let left: number = count;
              const isHeld = (fits: boolean): boolean => fits && --left === 0;
              if ("s3" in at) {
                proxy.fail((request) => {
                  if (!isHeld(at.s3(request))) return undefined;
                  hold();
                  return { kind: "stall" };
                });
              } else {
                keepViews(moto, lake, ({ operation }) => {
                  if (!isHeld(at.glue.test(operation))) return undefined;
                  hold();
                  return new Promise(() => undefined);
                });
              }
              await using run = lake.start("extract-and-load", "--all", "--force");
              const reached = await Promise.race([held, run.ended]);
              expect(reached).toBe(what);
              run.kill("SIGKILL");
              await run.ended;
              proxy.fail(() => undefined);
              keepViews(moto, lake);

              expect([what, await missing(moto, lake)]).toEqual([what, []]);

              const { exitCode, stderr } = await lake.run("extract-and-load", "--all", "--force");
              expect([what, exitCode, exitCode === 0 ? "" : stderr]).toEqual([what, 0, ""]);
              const folders = await partitionFolders(moto, lake.database, raw);
              expect([what, Object.keys(folders).sort()]).toEqual([what, coursesOf(round + 1)]);
              expect([what, await missing(moto, lake)]).toEqual([what, []]);
              // Parquet files that were replaced go with the next run.
              expect([what, (await files(lake)).length]).toEqual([what, format === "csv" ? 3 : 6]);
            }
          },
          180_000,
        );

        test("two at once, of the same tables: one publishes, the other says so, and the catalog is whole", async () => {
          await using school = await server.database();
          await school.query("create table visits (id int primary key, course_id varchar(20))");
          await enrol(school, 0);
          await using lake = await openAwsSite(
            { s3, moto },
            { datalake: { format: "parquet" }, datasources: [mysqlDatasource(school, [visits])] },
          );
          keepViews(moto, lake);
          await using first = lake.start("extract-and-load", "--all", "--force");
          await using second = lake.start("extract-and-load", "--all", "--force");

          const ended = await Promise.all([first.ended, second.ended]);

          // Where they do not meet, both publish, one after the other.
          for (const { exitCode, stderr } of ended) {
            if (exitCode === 0) continue;
            expect(readEvents(stderr).at(-1)).toMatchObject({ error: { code: "STORE_CONFLICT" } });
          }
          expect(ended.map(({ exitCode }) => exitCode)).toContain(0);
          expect(Object.keys(await partitionFolders(moto, lake.database, raw)).sort()).toEqual(coursesOf(0));
          expect(await missing(moto, lake)).toEqual([]);
        });
      },
      ["mariadb"],
    );
  });
});

/** Three courses, of which one is new and one is gone in each round. */
function enrol(school: TestDatabase, round: number): Promise<unknown> {
  return school.query(`
    start transaction;
    delete from visits;
    insert into visits values (${round}1, 'c${round}'), (${round}2, 'c${round + 1}'), (${round}3, 'c${round + 2}');
    commit`);
}

function coursesOf(round: number): readonly string[] {
  return [0, 1, 2].map((i) => `${lms}/c${round + i}`);
}

/** Folders of partitions in which there is no file. */
async function missing(moto: TestMotoServer, lake: AwsSite): Promise<readonly string[]> {
  const there = await files(lake);
  const folders = Object.values(await partitionFolders(moto, lake.database, raw));
  return folders.filter((folder) => !there.some((file) => file.startsWith(folder)));
}

/** Of data, staged ones too. */
async function files({ bucket }: AwsSite): Promise<readonly string[]> {
  const { Contents = [] } = await bucket.client.send(new ListObjectsV2Command({ Bucket: bucket.name }));
  return Contents.map(({ Key }) => `s3://${bucket.name}/${Key}`).filter((key) =>
    /\.(csv|parquet)$/.test(key),
  );
}
