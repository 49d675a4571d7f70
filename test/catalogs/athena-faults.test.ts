import { describe, expect, test } from "vitest";
import { describeOnMoto } from "../services/moto-server.ts";
import { catalogAt, csvModules, locationsOf, memoryObject, modules } from "./athena-world.ts";
import { type AwsAnswer, type AwsCall, openAwsFront, refuseFirst } from "./aws-front.ts";
import { columnsOf, lakeTable, slice } from "./small-lake.ts";

describeOnMoto("With a Glue that is in trouble", (server) => {
  test.each<[string, string]>([
    ["GetTable", "ThrottlingException"],
    ["CreateTable", "InternalServiceException"],
    ["BatchCreatePartition", "ConcurrentModificationException"],
    ["BatchCreatePartition", "ThrottlingException"],
    ["StartQueryExecution", "TooManyRequestsException"],
    ["GetQueryExecution", "ThrottlingException"],
  ])("%s is asked again after a %s", async (operation, refusal) => {
    await using front = await openAwsFront(server.url);
    front.answer(refuseFirst(2, operation, refusal));
    const database = await server.database();

    await catalogAt(front.url, { database }).publish([modules(["a", "b"], "run1")]);

    expect(Object.keys(await locationsOf(server, database, "raw_modules")).sort()).toEqual(["a", "b"]);
  });

  test("what is refused for ever is told after some attempts, and done by the next run", async () => {
    await using front = await openAwsFront(server.url);
    front.answer(refuseFirst(4, "BatchCreatePartition", "ThrottlingException", "Rate exceeded for course a"));
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });

    await expect(catalog.publish([modules(["a"], "run1")])).rejects.toMatchObject({
      code: "CATALOG_FAILED",
      message: "Glue (region us-east-1) refused BatchCreatePartition: ThrottlingException",
    });

    await catalog.publish([modules(["a"], "run1")]);

    expect(Object.keys(await locationsOf(server, database, "raw_modules"))).toEqual(["a"]);
  });

  test.each(["CreateTable", "BatchCreatePartition", "StartQueryExecution"])(
    "a %s whose answer was lost is not taken for a failure",
    async (lost) => {
      await using front = await openAwsFront(server.url);
      front.answer(once(lost, { lost: true }));
      const database = await server.database();

      await catalogAt(front.url, { database }).publish([modules(["a"], "run1")]);

      expect(Object.keys(await locationsOf(server, database, "raw_modules"))).toEqual(["a"]);
      const started = front.calls.filter(({ operation }) => operation === "StartQueryExecution");
      expect(new Set(started.map(({ input }) => input["ClientRequestToken"])).size).toBe(1);
    },
  );

  test("a table that somebody else makes at the same moment is read and made right", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const others = modules(["b"], "run9", { columns: columnsOf({ id: "int32", course_id: "text" }) });
    front.answer(
      before("CreateTable", async () => {
        await catalogAt(server.url, { database }).publish([others]);
      }),
    );

    await catalogAt(front.url, { database }).publish([modules(["a"], "run1")]);

    expect(Object.keys(await locationsOf(server, database, "raw_modules"))).toEqual(["a"]);
    const { Table } = await server.glue.getTable({ DatabaseName: database, Name: "raw_modules" });
    expect(Table?.StorageDescriptor?.Columns?.map(({ Type }) => Type)).toEqual([
      "bigint",
      "double",
      "timestamp",
    ]);
  });

  test("a table that somebody else changes meanwhile is read again before it is changed", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const catalog = catalogAt(front.url, { database });
    await catalog.publish([modules(["a"], "run1")]);
    front.answer(refuseFirst(1, "UpdateTable", "ConcurrentModificationException"));
    front.takeCounts();

    await catalog.publish([
      modules(["a"], "run1", { columns: columnsOf({ id: "text", course_id: "text" }) }),
    ]);

    expect(front.takeCounts()).toMatchObject({ GetTable: 2, UpdateTable: 2 });
  });

  test("partitions that somebody else has made are compared, and moved where they are wrong", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    front.answer(
      before("BatchCreatePartition", async () => {
        await catalogAt(server.url, { database }).publish([modules(["a"], "run9")]);
      }),
    );

    await catalogAt(front.url, { database }).publish([modules(["a", "b"], "run1")]);

    expect(Object.values(await locationsOf(server, database, "raw_modules")).every(isOfRun1)).toBe(true);
  });

  test("a run that died between two calls is repaired by the next one, unasked", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const memory = memoryObject();
    const catalog = catalogAt(front.url, { database, memory });
    const courses = Array.from({ length: 150 }, (_, i) => `c${i}`);
    await catalog.publish([modules(courses, "run0")]);
    const died = new AbortController();
    let batches = 0;
    front.answer(({ operation }) => {
      if (operation === "BatchUpdatePartition" && ++batches === 2) died.abort(new Error("killed"));
      return undefined;
    });

    const killed = catalogAt(front.url, { database, memory, signal: died.signal });
    await expect(killed.publish([modules(courses, "run1")])).rejects.toThrow("killed");
    front.answer(() => undefined);
    await catalog.publish([modules(courses, "run1")]);

    expect(Object.values(await locationsOf(server, database, "raw_modules")).every(isOfRun1)).toBe(true);
  });

  test("a slow run that writes last is set right by whoever publishes next", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    const memory = memoryObject();
    const catalog = catalogAt(server.url, { database, memory });
    await catalog.publish([modules(["a"], "run0")]);
    front.answer(
      before("BatchUpdatePartition", async () => {
        await catalog.publish([modules(["a"], "run1")]);
      }),
    );

    await catalogAt(front.url, { database, memory }).publish([modules(["a"], "slow")]);
    await catalog.publish([modules(["a"], "run1")]);

    expect(Object.values(await locationsOf(server, database, "raw_modules")).every(isOfRun1)).toBe(true);
  });

  test("a run that another one overtakes does not believe that its own work is still there", async () => {
    const database = await server.database();
    const memory = memoryObject();
    const catalog = catalogAt(server.url, { database, memory });
    await catalog.publish([modules(["a"], "run0")]);
    let saves = 0;
    const overtaken = {
      load: () => memory.load(),
      save: async (...saved: Parameters<typeof memory.save>) => {
        if (++saves === 2) await catalog.publish([modules(["a"], "other")]);
        return memory.save(...saved);
      },
    };

    await catalogAt(server.url, { database, memory: overtaken }).publish([modules(["a"], "run1")]);
    await catalog.publish([modules(["a"], "run1")]);

    expect(Object.values(await locationsOf(server, database, "raw_modules")).every(isOfRun1)).toBe(true);
  });

  test("a base partition that Glue's expressions have another word for is found all the same", async () => {
    await using front = await openAwsFront(server.url);
    front.answer(({ input }) => ("Expression" in input ? { refusal: "InvalidInputException" } : undefined));
    const database = await server.database();
    await catalogAt(server.url, { database }).publish([csvModules(["a", "b"])]);

    await catalogAt(front.url, { database }).publish([csvModules(["a"])]);

    expect(Object.keys(await locationsOf(server, database, "raw_modules"))).toEqual(["a"]);
  });

  test("Glue's pages are all read", async () => {
    await using front = await openAwsFront(server.url);
    const database = await server.database();
    await catalogAt(server.url, { database }).publish([csvModules(["a", "b"])]);
    const where = { DatabaseName: database, TableName: "raw_modules" };
    const { Partitions = [] } = await server.glue.getPartitions(where);
    const plain = JSON.parse(
      JSON.stringify(Partitions, (key, value: unknown) => (key === "CreationTime" ? 0 : value)),
    ) as unknown[];
    front.answer(({ operation, input }) => {
      if (operation !== "GetPartitions") return undefined;
      const second = input["NextToken"] === "more";
      return { output: { Partitions: [plain[second ? 1 : 0]], ...(second ? {} : { NextToken: "more" }) } };
    });

    await catalogAt(front.url, { database }).publish([csvModules(["a", "b"])]);

    expect(front.takeCounts()).toMatchObject({ GetPartitions: 2 });
    expect(front.calls.some(({ operation }) => operation.startsWith("Batch"))).toBe(false);
  });
});

describe("What Athena says of a view", () => {
  test.each<[string, object, string]>([
    [
      "FAILED",
      { StateChangeReason: "line 3:5: Column 'x' cannot be resolved" },
      "Athena could not create the view users: line 3:5: Column 'x' cannot be resolved",
    ],
    ["FAILED", {}, "Athena could not create the view users: it gave no reason"],
    [
      "CANCELLED",
      { StateChangeReason: "Query cancelled by administrator" },
      "Athena was told not to create the view users: Query cancelled by administrator",
    ],
  ])("is told when the state is %s", async (state, details, message) => {
    await using front = await openAwsFront();
    front.answer(
      stub((call) => (call.operation === "GetQueryExecution" ? queryState(state, details) : undefined)),
    );

    await expect(publishUsers(front.url)).rejects.toMatchObject({ code: "CATALOG_FAILED", message });
  });

  test("is waited for, but not for ever", async () => {
    await using front = await openAwsFront();
    let polls = 0;
    front.answer(
      stub(({ operation }) => {
        if (operation !== "GetQueryExecution") return undefined;
        return queryState(++polls < 5 ? (polls < 3 ? "QUEUED" : "RUNNING") : "SUCCEEDED");
      }),
    );

    await publishUsers(front.url);

    expect(front.takeCounts()).toMatchObject({ StartQueryExecution: 1, GetQueryExecution: 5 });

    front.answer(
      stub(({ operation }) => (operation === "GetQueryExecution" ? queryState("QUEUED") : undefined)),
    );

    await expect(publishUsers(front.url)).rejects.toMatchObject({
      code: "CATALOG_FAILED",
      message: "Athena took too long to create the view users; query q1 may still run",
    });
    expect(front.takeCounts()).toMatchObject({ GetQueryExecution: 6 });
  });

  test("in ten seconds it is asked for a few times only", async () => {
    await using front = await openAwsFront();
    const pauses: number[] = [];
    front.answer(
      stub(({ operation }) => (operation === "GetQueryExecution" ? queryState("QUEUED") : undefined)),
    );
    const { openAwsConnection } = await import("../../src/catalogs/athena/aws-connection.ts");
    const { patience } = openAwsConnection({});

    for (let poll = 1, sum = 0; sum < 10_000; poll++) {
      sum += patience.pollMillis(poll);
      pauses.push(sum);
    }

    expect(pauses.length).toBeLessThanOrEqual(7);
  });
});

describe("A refusal of AWS", () => {
  test.each<[string, AwsAnswer, string, string]>([
    [
      "names the right that is missing, without the account",
      {
        refusal: "AccessDeniedException",
        message:
          "User: arn:aws:iam::123456789012:user/elt is not authorized to perform: glue:CreateTable on resource: " +
          "arn:aws:glue:us-east-1:123456789012:database/panorama because no identity-based policy allows it",
      },
      "CATALOG_DENIED",
      "These credentials lack the right glue:CreateTable on database/panorama",
    ],
    [
      "that says nothing names the right all the same",
      { refusal: "AccessDeniedException", message: "" },
      "CATALOG_DENIED",
      "These credentials lack the right glue:CreateTable on table/panorama/*",
    ],
    [
      "of Lake Formation is told as its own",
      {
        refusal: "AccessDeniedException",
        message: "Insufficient Lake Formation permission(s): Required Create Table",
      },
      "CATALOG_DENIED",
      "Lake Formation does not permit glue:CreateTable on table/panorama/*: " +
        "Insufficient Lake Formation permission(s): Required Create Table",
    ],
    [
      "says when credentials have expired",
      { refusal: "ExpiredTokenException", message: "The security token included in the request is expired" },
      "CATALOG_DENIED",
      "Glue does not take the credentials: they have expired",
    ],
    [
      "says when nobody knows them",
      {
        refusal: "UnrecognizedClientException",
        message: "The security token included in the request is invalid",
      },
      "CATALOG_DENIED",
      "Glue does not take the credentials: UnrecognizedClientException",
    ],
    [
      "says when there is no such database",
      { refusal: "EntityNotFoundException", message: "Database panorama not found." },
      "CATALOG_FAILED",
      "Glue has no database panorama; create it with CREATE DATABASE in Athena, or correct datalake_database",
    ],
    [
      "of any other kind is told in its own words",
      { refusal: "InvalidInputException", message: "Unsupported type: x" },
      "CATALOG_FAILED",
      "Glue (region us-east-1) refused CreateTable: InvalidInputException: Unsupported type: x",
    ],
  ])("%s", async (_, refusal, code, message) => {
    await using front = await openAwsFront();
    front.answer(stub(({ operation }) => (operation === "CreateTable" ? refusal : undefined)));

    await expect(publishUsers(front.url)).rejects.toMatchObject({ code, message });
  });

  test("that is none at all names the server", async () => {
    const front = await openAwsFront();
    await front[Symbol.asyncDispose]();

    await expect(publishUsers(front.url)).rejects.toMatchObject({
      code: "CATALOG_FAILED",
      message: "Cannot reach Glue (region us-east-1): ECONNREFUSED",
    });
  });

  test("is an answer to a check, with a line for each service", async () => {
    await using front = await openAwsFront();
    front.answer(({ operation }) =>
      operation === "GetDatabase"
        ? { refusal: "AccessDeniedException" }
        : { refusal: "InvalidRequestException", message: "No output location provided" },
    );

    expect(await catalogAt(front.url, { database: "panorama" }).check()).toEqual([
      {
        subject: "Glue database panorama",
        ok: false,
        detail: "These credentials lack the right glue:GetDatabase on database/panorama",
      },
      {
        subject: "Athena workgroup panorama",
        ok: false,
        detail:
          "Athena (region us-east-1) refused StartQueryExecution: InvalidRequestException: No output location provided",
      },
    ]);
  });
});

async function publishUsers(url: string): Promise<void> {
  const users = lakeTable("users", {
    columns: columnsOf({ id: "int32" }),
    slices: [slice(["s3://lake/users/run1/part-00000.parquet"])],
  });
  const patience = { retryMillis: () => 0, pollMillis: () => 0, attempts: 2, polls: 6 };
  await catalogAt(url, { database: "panorama", ownBasePartition: [], patience }).publish([users]);
}

/** A Glue without tables and an Athena that can do everything, but for what `special` answers. */
function stub(special: (call: AwsCall) => AwsAnswer | undefined): (call: AwsCall) => AwsAnswer {
  return (call) => {
    const answer = special(call);
    if (answer !== undefined) return answer;
    switch (call.operation) {
      case "GetTable":
        return { refusal: "EntityNotFoundException" };
      case "StartQueryExecution":
        return { output: { QueryExecutionId: "q1" } };
      default:
        return { output: {} };
    }
  };
}

function queryState(state: string, details: object = {}): AwsAnswer {
  return { output: { QueryExecution: { QueryExecutionId: "q1", Status: { State: state, ...details } } } };
}

function once(operation: string, answer: AwsAnswer): (call: AwsCall) => AwsAnswer | undefined {
  let answered = false;
  return (call) => {
    if (answered || call.operation !== operation) return undefined;
    answered = true;
    return answer;
  };
}

/** Lets something happen before the first call of an operation goes through. */
function before(operation: string, happen: () => Promise<void>): (call: AwsCall) => Promise<undefined> {
  let happened = false;
  return async (call) => {
    if (happened || call.operation !== operation) return undefined;
    happened = true;
    await happen();
    return undefined;
  };
}

function isOfRun1(location: string): boolean {
  return location.endsWith("/run1/");
}
