import type { LakeFormat } from "../encoders/encoder.ts";
import type { FileReceipt } from "../lake/file-receipt.ts";
import type { ManifestFile, ManifestSlice } from "../lake/manifest.ts";
import { apartParquetKey, csvKey, type LakePlace, parquetKey, stagedCsvKey } from "../stores/lake-path.ts";
import type { ObjectWriter, Store } from "../stores/store.ts";
import type { Alteration } from "../table/alteration.ts";
import { type KeyDigest, KeyDigester } from "../table/key-digest.ts";
import type { KeyRange } from "../table/key-range.ts";
import type { Partition } from "../table/partition.ts";
import type { RecordBatch } from "../table/record-batch.ts";
import { CheckedFile, type FileFormat, fileWrong } from "./checked-file.ts";

/** Another Parquet file is begun above this, so that engines can read one table with several workers. */
const fileBytes = 256 << 20;

/** Where the files of one table's load go. */
export interface LoadTarget {
  readonly store: Store;
  readonly place: LakePlace;
  readonly format: LakeFormat;
  readonly table: string;
  readonly run: string;
  /** Whether its Parquet files lie apart, because a reader of CSV files would take them for such. */
  readonly apart?: boolean | undefined;
  /** Whether each batch tells of which range of the key it is; none makes no file then. */
  readonly ofRanges?: boolean | undefined;
}

interface OpenFile {
  readonly object: ObjectWriter;
  readonly file: CheckedFile;
  readonly key: string;
  readonly stagedAs: string | undefined;
  readonly keys: KeyRange | undefined;
  /** Of a file of a range of the key. */
  readonly digester: KeyDigester | undefined;
}

/** Writes the files of one slice. Nothing of them is seen before the run is published. */
export class SliceWriter {
  readonly #target: LoadTarget;
  readonly #format: FileFormat;
  readonly #partition: Partition;
  readonly #nextFileNumber: () => number;
  /** Of the key's column in the files, where it is one of them; tables that are kept in ranges have but one. */
  readonly #keyPosition: number;
  readonly #files: ManifestFile[] = [];
  readonly alterations: Alteration[] = [];
  readonly receipts: FileReceipt[] = [];
  #open: OpenFile | undefined;

  constructor(target: LoadTarget, format: FileFormat, partition: Partition, nextFileNumber: () => number) {
    this.#target = target;
    this.#format = format;
    this.#partition = partition;
    this.#nextFileNumber = nextFileNumber;
    const { columns, key } = format.schema;
    this.#keyPosition = columns.findIndex(({ name }) => name === key[0]);
  }

  async append(batch: RecordBatch): Promise<void> {
    if (this.#open !== undefined && this.#target.format === "parquet") {
      const { file, keys } = this.#open;
      if (file.byteCount >= fileBytes || keys !== batch.keys) await this.#closeFile();
    }
    this.#open ??= await this.#openFile(batch.keys);
    const { file, digester } = this.#open;
    const keyColumn = batch.columns[this.#keyPosition];
    // Before the file, which releases the batch.
    if (keyColumn !== undefined) digester?.add(keyColumn);
    await file.append(batch);
  }

  /** Without rows it still makes a file, so that an empty table is one, but for the files of ranges. */
  async finish(): Promise<ManifestSlice> {
    const { ofRanges = false } = this.#target;
    if (this.#open === undefined && this.#files.length === 0 && !ofRanges)
      this.#open = await this.#openFile();
    await this.#closeFile();
    return { partition: this.#partition, files: this.#files };
  }

  /** Gives up what is being written and what is. Never throws: what it cannot remove, the next run collects. */
  async abort(): Promise<void> {
    const finished = this.#files.map(({ key, stagedAs }) => stagedAs ?? key);
    await Promise.allSettled([this.#open?.object.abort(), this.#target.store.remove(finished)]);
  }

  async #openFile(keys?: KeyRange): Promise<OpenFile> {
    const { store, place, format, table, run, apart } = this.#target;
    const csv = format === "csv";
    const newKey = apart === true ? apartParquetKey : parquetKey;
    const key = csv
      ? csvKey(place, table, this.#partition)
      : newKey(place, table, this.#partition, run, this.#nextFileNumber());
    const stagedAs = csv ? stagedCsvKey(place, table, this.#partition, run) : undefined;
    const object = await store.create(stagedAs ?? key);
    const keyColumn = this.#format.schema.columns[this.#keyPosition];
    const digester = keys && keyColumn && KeyDigester.of(keyColumn.type);
    return { object, file: new CheckedFile(this.#format, object, key), key, stagedAs, keys, digester };
  }

  async #closeFile(): Promise<void> {
    if (this.#open === undefined) return;
    const { object, file, key, stagedAs, keys, digester } = this.#open;
    const { summary, receipt } = await file.finish();
    const stored = await object.close();
    this.#open = undefined;
    const { rowCount, byteCount, alterations } = summary;
    this.#files.push({
      ...{ key, byteCount, rowCount },
      ...(stagedAs !== undefined && { stagedAs }),
      ...(keys !== undefined && { keys }),
      ...keyDigestOf(digester?.digest, rowCount),
    });
    if (stored.byteCount !== byteCount) {
      const message = `${stored.byteCount} bytes are stored, and ${byteCount} were written`;
      throw fileWrong({ ...this.#format.schema, key }, message);
    }
    this.receipts.push(receipt);
    this.alterations.push(...alterations);
  }
}

/** A key that privacy rules made NULL is none. */
function keyDigestOf(digest: KeyDigest | undefined, rowCount: number): Pick<ManifestFile, "keyDigest"> {
  return digest?.rowCount === rowCount ? { keyDigest: String(digest.keys) } : {};
}
