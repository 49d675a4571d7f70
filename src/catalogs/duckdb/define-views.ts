import type { DuckDBConnection } from "@duckdb/node-api";
import type { CatalogWarning, LakeView } from "../catalog.ts";
import { duckdbMessage } from "./duckdb-errors.ts";
import { quoteName } from "./sql-text.ts";
import { translateTrino } from "./trino-sql.ts";

/**
 * Creates the views in the current schema, and repeats them in `copies`, a schema as SQL spells it; tells those that
 * DuckDB refuses. To be called outside of a transaction, which a refusal could end.
 */
export async function defineViews(
  connection: DuckDBConnection,
  copies: string | undefined,
  views: readonly LakeView[],
): Promise<readonly CatalogWarning[]> {
  const warnings: CatalogWarning[] = [];
  const refused = new Set<string>();
  for (const { name, sql, reads } of views) {
    const missing = reads.find((read) => refused.has(read));
    if (missing !== undefined) {
      refused.add(name);
      warnings.push({ table: name, message: `not created: it reads ${missing}, which is not created` });
      continue;
    }
    try {
      await connection.run(`CREATE VIEW ${quoteName(name)} AS ${translateTrino(sql)}`);
      if (copies !== undefined) {
        const copy = `${copies}.${quoteName(name)}`;
        await connection.run(`CREATE VIEW ${copy} AS SELECT * FROM main.${quoteName(name)}`);
      }
    } catch (error) {
      refused.add(name);
      warnings.push({ table: name, message: `not created: ${duckdbMessage(error)}` });
    }
  }
  return warnings;
}
