import { randomUUID } from "node:crypto";
import { PanoramaError } from "../../errors.ts";
import { sentence } from "./aws-failure.ts";
import type { AwsConnection } from "./aws-connection.ts";

/** Where statements run. */
export interface AthenaPlace {
  readonly database: string;
  readonly workgroup: string;
}

export interface FinishedQuery {
  /** The object that holds its result. */
  readonly resultLocation: string | undefined;
}

/** Runs a statement to its end. `purpose` completes the sentence "Athena could not …". Throws `CATALOG_FAILED`. */
export async function runQuery(
  aws: AwsConnection,
  { database, workgroup }: AthenaPlace,
  sql: string,
  purpose: string,
): Promise<FinishedQuery> {
  const resource = `workgroup/${workgroup}`;
  // The same for each attempt, so that a statement whose answer was lost does not run twice.
  const token = randomUUID();
  const { QueryExecutionId: id = "" } = await aws.athena(
    { operation: "StartQueryExecution", resource },
    (athena, options) =>
      athena.startQueryExecution(
        {
          QueryString: sql,
          ClientRequestToken: token,
          WorkGroup: workgroup,
          QueryExecutionContext: { Database: database },
        },
        options,
      ),
  );
  for (let poll = 1; poll <= aws.patience.polls; poll++) {
    await aws.pause(aws.patience.pollMillis(poll));
    const { QueryExecution: query } = await aws.athena(
      { operation: "GetQueryExecution", resource },
      (athena, options) => athena.getQueryExecution({ QueryExecutionId: id }, options),
    );
    const { State: state, StateChangeReason: reason } = query?.Status ?? {};
    if (state === "SUCCEEDED") return { resultLocation: query?.ResultConfiguration?.OutputLocation };
    if (state === "FAILED" || state === "CANCELLED") {
      const why = reason ?? query?.Status?.AthenaError?.ErrorMessage ?? "it gave no reason";
      const what = state === "FAILED" ? `could not ${purpose}` : `was told not to ${purpose}`;
      throw new PanoramaError("CATALOG_FAILED", `Athena ${what}: ${sentence(why)}`);
    }
  }
  throw new PanoramaError("CATALOG_FAILED", `Athena took too long to ${purpose}; query ${id} may still run`);
}
