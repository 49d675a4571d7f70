import { expect, test } from "vitest";
import { openFaultyProxy, type SeenRequest } from "../services/faulty-proxy.ts";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openAwsSite } from "./aws-site.ts";
import { glueTable, keepViews, partitionFolders, spellColumns } from "./glue-state.ts";
import type { Running } from "./program.ts";
import { mysqlDatasource } from "./site.ts";

const rawTable = "openedx_raw_visits";
const folder = "openedx/visits/lms=lms.example.com/";

const isManifest = ({ method, url }: SeenRequest): boolean =>
  method === "PUT" && url.includes("manifest.json");
const isMove = ({ method, headers }: SeenRequest): boolean =>
  method === "PUT" && headers["x-amz-copy-source"] !== undefined;

describeOnS3("a run that was killed when it had published", (s3) => {
  describeOnMoto("and before Glue knew", (moto) => {
    describeOnServers(
      "CSV files with other columns",
      (server) => {
        test.each(["clean", "rollback"])(
          "is finished by `%s`, which moves no file below the columns of before",
          async (command) => {
            await using school = await server.database();
            await school.query(`
              create table visits (state varchar(20), id int primary key, course varchar(20));
              insert into visits values ('open', 1, 'a'), ('shut', 2, 'b')`);
            const table = { name: "visits", partitions: { partition_fields: ["course"] } };
            await using proxy = await openFaultyProxy(s3.endpointUrl);
            await using lake = await openAwsSite(
              { s3, moto, endpointUrl: proxy.url },
              { datalake: { format: "csv" }, datasources: [mysqlDatasource(school, [table])] },
            );
            keepViews(moto, lake);
            const columns = async (): Promise<readonly string[]> =>
              spellColumns((await glueTable(moto, lake.database, rawTable)).StorageDescriptor?.Columns);
            expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
            await school.query("alter table visits drop column state, add column place varchar(20) first");

            let published = false;
            proxy.fail((request) => {
              published ||= isManifest(request);
              return undefined;
            });
            await expectHeld(lake.start("extract-and-load", "--all"), (hold) =>
              keepViews(moto, lake, () => {
                if (!published) return undefined;
                hold();
                return new Promise(() => undefined);
              }),
            );
            keepViews(moto, lake);
            expect(await columns()).toEqual(["state string", "id string"]);

            await expectHeld(lake.start(command), (hold) =>
              proxy.fail((request) => {
                if (!isMove(request)) return undefined;
                hold();
                return { kind: "stall" };
              }),
            );
            expect(await partitionFolders(moto, lake.database, rawTable)).toEqual({});

            proxy.fail(() => undefined);
            await lake.run(command);
            expect(await columns()).toEqual(["place string", "id string"]);
            expect(Object.keys(await partitionFolders(moto, lake.database, rawTable))).toHaveLength(2);
            expect(await lake.read(`${folder}course=b/visits.csv`)).toBe("place,id\r\nNULL,2\r\n");
          },
        );
      },
      ["mariadb"],
    );
  });
});

/** Kills the command line where it is held, which is as `holdAt` says. */
async function expectHeld(running: Running, holdAt: (hold: () => void) => void): Promise<void> {
  await using run = running;
  const held = new Promise<string>((resolve) => holdAt(() => resolve("held")));
  expect(await Promise.race([held, run.ended])).toBe("held");
  run.kill("SIGKILL");
  await run.ended;
}
