import { expect, test } from "vitest";
import { type AwsAnswer, type AwsCall, deny, refuseFirst } from "../catalogs/aws-front.ts";
import { type Fault, firstOf, openFaultyProxy, type SeenRequest } from "../services/faulty-proxy.ts";
import { describeOnMoto } from "../services/moto-server.ts";
import { describeOnServers } from "../services/mysql-server.ts";
import { describeOnS3 } from "../services/s3-server.ts";
import { openAwsSite } from "./aws-site.ts";
import { keepViews, partitionFolders } from "./glue-state.ts";
import { mysqlDatasource } from "./site.ts";

const ordersKey = "openedx/orders/lms=lms.example.com/orders.csv";
const isUpload = ({ method, url }: SeenRequest): boolean => method === "PUT" && url.includes("orders.csv");
const answer = (status: number, code: string, message = ""): Fault => ({
  kind: "answer",
  status,
  code,
  message,
});

type Choose = (call: AwsCall) => AwsAnswer | undefined;

/** What Athena says of the query that makes a view. */
const viewEnds =
  (state: "FAILED" | "CANCELLED", reason: string): Choose =>
  ({ operation }) =>
    operation === "GetQueryExecution"
      ? { output: { QueryExecution: { Status: { State: state, StateChangeReason: reason } } } }
      : undefined;

describeOnS3("a run that AWS makes trouble for", (s3) => {
  describeOnMoto("in Glue and Athena", (moto) => {
    describeOnServers(
      "from MySQL",
      (server) => {
        test("goes on after what passes: errors, requests to slow down, resets, lost answers, throttling", async () => {
          await using shop = await server.database();
          await shop.query(`
            create table orders (id int primary key, text varchar(250));
            insert into orders select seq, repeat(sha2(seq, 512), 1) from seq_1_to_70000`);
          await using proxy = await openFaultyProxy(s3.endpointUrl);
          await using lake = await openAwsSite(
            { s3, moto, endpointUrl: proxy.url },
            { datasources: [mysqlDatasource(shop, ["orders"])] },
          );
          const part = (request: SeenRequest): boolean => request.url.includes("partNumber=");
          const manifest = (request: SeenRequest): boolean =>
            request.method === "PUT" && request.url.includes("manifest.json");
          const faults = [
            firstOf(1, part, { kind: "reset", afterBytes: 100_000 }),
            firstOf(1, part, answer(500, "InternalError")),
            firstOf(1, part, answer(503, "SlowDown")),
            firstOf(1, manifest, { kind: "lost answer" }),
          ];
          proxy.fail((request) => {
            for (const choose of faults) {
              const fault = choose(request);
              if (fault !== undefined) return fault;
            }
            return undefined;
          });
          const refusals = [
            refuseFirst(2, "GetTable", "ThrottlingException"),
            // Somebody else makes the table between our question and our order.
            refuseFirst(1, "CreateTable", "AlreadyExistsException"),
            refuseFirst(1, "BatchCreatePartition", "ThrottlingException"),
            refuseFirst(1, "StartQueryExecution", "TooManyRequestsException"),
          ];
          keepViews(moto, lake, (call) => {
            for (const choose of refusals) {
              const refusal = choose(call);
              if (refusal !== undefined) return refusal;
            }
            return undefined;
          });

          const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

          expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
          const file = await lake.read(ordersKey);
          expect(file.split("\r\n")).toHaveLength(70_002);
          expect(await partitionFolders(moto, lake.database, "openedx_raw_orders")).toEqual({
            "lms.example.com": `s3://${lake.bucket.name}/${ordersKey.replace("orders.csv", "")}`,
          });
        });

        test("is told by S3 what is missing: one table fails, the others are loaded, and the next run repairs it", async () => {
          await using shop = await server.database();
          await shop.query(`
            create table orders (id int primary key); insert into orders values (1);
            create table notes (id int primary key); insert into notes values (1)`);
          await using proxy = await openFaultyProxy(s3.endpointUrl);
          await using lake = await openAwsSite(
            { s3, moto, endpointUrl: proxy.url },
            { datasources: [mysqlDatasource(shop, ["orders", "notes"])] },
          );
          const user = "User: arn:aws:iam::123456789012:user/panorama is not authorized to perform";
          for (const [fault, told] of [
            [answer(400, "ExpiredToken", "Expired."), "the credentials have expired (ExpiredToken)"],
            [
              answer(403, "AccessDenied", `${user}: s3:PutObject on x`),
              "these credentials lack s3:PutObject",
            ],
            [
              answer(403, "AccessDenied", `${user}: kms:GenerateDataKey on x`),
              "these credentials lack kms:GenerateDataKey",
            ],
          ] as const) {
            proxy.fail((request) => (isUpload(request) ? fault : undefined));

            const { exitCode, stderr } = await lake.run("extract-and-load", "--all", "--force");

            expect(exitCode).toBe(1);
            expect(stderr).toContain(`${told} (STORE_DENIED)`);
            expect(stderr).not.toContain("123456789012");
            expect(stderr).toContain("Published 1 table, 1 failed");
            expect((await lake.keys()).map((key) => key.split("/")[1])).toEqual(["notes"]);
          }

          proxy.fail(() => undefined);
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          expect(await lake.read(ordersKey)).toBe("id\r\n1\r\n");
        });

        test("is told by Glue and Athena what is missing: the files are published, and the next run repairs the catalog", async () => {
          await using shop = await server.database();
          await shop.query("create table orders (id int primary key); insert into orders values (1)");
          await using lake = await openAwsSite(
            { s3, moto },
            { datasources: [mysqlDatasource(shop, ["orders"])] },
          );
          const faults: readonly (readonly [Choose, string])[] = [
            [
              () => ({ refusal: "ExpiredTokenException", message: "The security token is expired" }),
              "Glue does not take the credentials: they have expired (CATALOG_DENIED)",
            ],
            [
              deny("CreateTable"),
              "These credentials lack the right glue:CreateTable on table/panorama/orders (CATALOG_DENIED)",
            ],
            [
              ({ operation }) =>
                operation === "CreateTable"
                  ? { refusal: "EntityNotFoundException", message: "Database not found" }
                  : undefined,
              "create it with CREATE DATABASE in Athena, or correct datalake_database (CATALOG_FAILED)",
            ],
            [
              viewEnds("FAILED", "SYNTAX_ERROR: line 3:7: Column 'id' cannot be resolved"),
              "Athena could not create the view openedx_table_orders: " +
                "SYNTAX_ERROR: line 3:7: Column 'id' cannot be resolved (CATALOG_FAILED)",
            ],
            [
              viewEnds("CANCELLED", "Query cancelled by user"),
              "Athena was told not to create the view openedx_table_orders: Query cancelled by user (CATALOG_FAILED)",
            ],
          ];
          for (const [choose, told] of faults) {
            lake.front.answer(choose);

            const { exitCode, stderr } = await lake.run("extract-and-load", "--all");

            expect(exitCode).toBe(1);
            expect(stderr).toContain(told);
            expect(stderr).toContain("The files are published");
            expect(stderr).not.toContain("123456789012");
          }

          keepViews(moto, lake);
          expect((await lake.run("extract-and-load", "--all")).exitCode).toBe(0);
          expect(await lake.read(ordersKey)).toBe("id\r\n1\r\n");
          const { TableList = [] } = await moto.glue.getTables({ DatabaseName: lake.database });
          expect(TableList.map(({ Name }) => Name).sort()).toEqual([
            "openedx_raw_orders",
            "openedx_table_orders",
          ]);
          expect(Object.keys(await partitionFolders(moto, lake.database, "openedx_raw_orders"))).toEqual([
            "lms.example.com",
          ]);
        });
      },
      ["mariadb"],
    );
  });
});
