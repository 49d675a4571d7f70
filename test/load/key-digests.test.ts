import { expect, test } from "vitest";
import { parquetEncoder } from "../../src/encoders/parquet/parquet-encoder.ts";
import type { ManifestFile } from "../../src/lake/manifest.ts";
import { loadRows } from "../../src/load/load-rows.ts";
import type { ColumnType } from "../../src/table/column-type.ts";
import type { KeyRange } from "../../src/table/key-range.ts";
import type { RecordBatch } from "../../src/table/record-batch.ts";
import { batchOf, details, schemaOf } from "../encoders/parquet/parquet-in-memory.ts";
import { place, temporaryStore } from "./table-in-memory.ts";

const below: KeyRange = { below: "10" };
const from: KeyRange = { from: "10" };

/** What the lake notes of files with these keys: each list is a batch, of the range behind it. */
async function filesOf(
  type: ColumnType,
  batches: readonly (readonly [keys: readonly (number | null)[], range: KeyRange | undefined])[],
  keyColumn = "id",
): Promise<readonly ManifestFile[]> {
  await using temporary = await temporaryStore();
  const schema = { ...schemaOf({ id: type, name: { kind: "text" } }), key: [keyColumn] };
  const rows = async function* (): AsyncGenerator<RecordBatch> {
    for (const [keys, range] of batches) {
      const batch = batchOf(schema, [keys, keys.map(() => "n")], 0, keys.length);
      yield range === undefined ? batch : { ...batch, keys: range };
    }
  };
  const target = { store: temporary.store, place, format: "parquet", table: "things" } as const;
  const { slices } = await loadRows({
    ...{ schema, partitionColumns: [], batches: rows(), encoder: parquetEncoder, details },
    target: { ...target, run: details.run, ofRanges: true },
    ...{ check: "all", firstFileNumber: 0, onProgress: () => undefined },
  });
  return slices[0]?.files ?? [];
}

function mixed(...keys: readonly number[]): string {
  return String(keys.reduce((all, key) => all ^ BigInt(key) ^ (BigInt(key) * 1_000_003n), 0n));
}

test("files of key ranges tell which keys they have, over all of their batches", async () => {
  const files = await filesOf({ kind: "int32" }, [
    [[1, 2], below],
    [[7], below],
    [[10, 12], from],
  ]);

  expect(files).toMatchObject([
    { keys: below, rowCount: 3, keyDigest: mixed(1, 2, 7) },
    { keys: from, rowCount: 2, keyDigest: mixed(10, 12) },
  ]);
});

test.each<[what: string, files: Promise<readonly ManifestFile[]>]>([
  ["are of no range", filesOf({ kind: "int32" }, [[[1, 2], undefined]])],
  ["have NULL in place of keys", filesOf({ kind: "int32" }, [[[null, null], below]])],
  ["have numbers that are not whole", filesOf({ kind: "double" }, [[[1, 2], below]])],
  ["do not have the key", filesOf({ kind: "int32" }, [[[1, 2], below]], "number")],
])("files that %s tell of none", async (_, files) => {
  const [file, ...others] = await files;
  expect(others).toEqual([]);
  expect(file).toMatchObject({ rowCount: 2 });
  expect(file).not.toHaveProperty("keyDigest");
});
