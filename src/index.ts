/** Everything that a program may use of panorama-elt. The command line uses nothing else. */
export type { QueryColumn, QueryResult } from "./catalogs/query-result.ts";
export { type ErrorCode, type ErrorDetails, PanoramaError } from "./errors.ts";
export { openReporter } from "./reports/open-reporter.ts";
export { renderResult } from "./reports/render-result.ts";
export type { Reporter, RunEvent } from "./reports/reporter.ts";
export {
  printable,
  spellAlteration,
  spellBytes,
  spellCount,
  spellCounted,
  spellError,
  spellMillis,
} from "./reports/spelling.ts";
export {
  createDatalakeTables,
  createTableViews,
  type DefinitionChange,
  type DefinitionOutcome,
  dropDatalakeTables,
  type KeptFiles,
} from "./run/definitions.ts";
export { type DemoOptions, type DemoResult, runDemo } from "./run/demo.ts";
export type { RestoredTable } from "./lake/plan-rollback.ts";
export type { Garbage } from "./lake/retention.ts";
export type { ForgottenRows, LakeState, LoadRecord, RunRecord, TableRecord } from "./lake/run-record.ts";
export { type SchemaChange, spellSchemaChange } from "./table/schema-changes.ts";
export { type Cleaned, cleanLake, type CleanOptions } from "./run/clean-lake.ts";
export { type DescribedHistory, describeHistory } from "./run/describe-history.ts";
export { describeLake, type LakeTableInfo } from "./run/describe-lake.ts";
export {
  type FieldsChange,
  setTables,
  setTablesFields,
  type TablesChange,
  type WantedTables,
} from "./run/edit-tables.ts";
export type { ColumnDifference } from "./run/compare-rows.ts";
export type { LakeRow, OtherVersion, RowLoad, Slice } from "./run/describe-row.ts";
export type { RowVerdict } from "./run/explain-difference.ts";
export { type ExplainedRow, explainRow, type NextLoad, type RowAtSource } from "./run/explain-row.ts";
export { extractAndLoad, type RunOptions, type RunOutcome } from "./run/extract-and-load.ts";
export { type IamPolicy, planIamPolicy, type PolicyOptions } from "./run/iam-policy.ts";
export { type PolicyDocument, policyDocument, type PolicyStatement } from "./run/iam-statement.ts";
export { type PlannedTable, planLoads } from "./run/plan-loads.ts";
export type { ForgettingReport, Mention, UnsearchedTable } from "./lake/forgetting-report.ts";
export { usualRetiredPrefix } from "./run/find-people.ts";
export { type ForgetOptions, forgetPeople } from "./run/forget-people.ts";
export { queryLake } from "./run/query-lake.ts";
export { rollBack, type RollbackOptions, type RollbackOutcome } from "./run/rollback.ts";
export type { Selection } from "./run/select-tables.ts";
export { testConnections } from "./run/test-connections.ts";
export { nearestName } from "./settings/nearest-name.ts";
export {
  type Finding,
  type VerifiedTable,
  verifyLake,
  type VerifyOptions,
} from "./run/verify-lake.ts";
export { readSettings } from "./settings/read-settings.ts";
export type { Settings } from "./settings/settings.ts";
export { settingsJsonSchema } from "./settings/settings-json-schema.ts";
export type { CheckResult } from "./sources/source.ts";
