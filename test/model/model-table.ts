import type { TestDatabase } from "../services/mysql-server.ts";
import type { Alteration, Change, Configuration, TableShape, Time } from "./history.ts";

/** Sessions that write: the main one, and one with a transaction that is open from one run to another. */
export interface Writers {
  readonly main: TestDatabase;
  /** Begins the transaction if none is open, and notes the rows that only it may touch now. */
  write(sql: string, table: string, row: number): Promise<void>;
  /** Ends the transaction by a commit, if it has changed this table. */
  endOpen(table: string): Promise<void>;
  isLocked(table: string, row: number): boolean;
}

/** Some are equal to the server's collation, some to a careless reader of paths. */
const parts = ["A", "a", "A ", "B", "C", "ä", "", "%2F", "NULL", "x=y/z", null] as const;
const sections = [1, 2, 3, -1, 0, null, 40, 500, -6] as const;
const parameters = ["part", "section", "modified"];

interface InsertedRow {
  readonly part: number;
  readonly value: number;
  readonly time: Time;
}

/** One table as the test knows it: how it was made, what its columns and its settings are. */
export class ModelTable {
  readonly name: string;
  readonly #shape: TableShape;
  /** In the server's order, with types. */
  #columns: [string, string][];
  #nextId = 1;
  /** The latest time of the table's own clock, in minutes after its beginning. */
  #minutes = 0;
  #alterations = 0;
  /** As of the last of them. */
  #definition = "";
  #settings: {
    listed: boolean;
    constant: boolean;
    interval: "10 minute" | "0 second";
    reconcile: "every 1d" | "every 0m";
    timestamp: boolean;
    partitions: boolean;
  };

  constructor(name: string, shape: TableShape) {
    this.name = name;
    this.#shape = shape;
    this.#settings = {
      listed: shape.fields === "listed",
      constant: shape.fields === "constant",
      interval: shape.overlap ? "10 minute" : "0 second",
      ...{ reconcile: "every 1d", timestamp: true, partitions: true },
    };
    this.#columns = [
      ["id", "int"],
      ["part", "varchar(20)"],
      ["section", "int"],
      ["a", "int"],
      ["b", "int"],
      ["modified", shape.timeType],
    ];
  }

  async create({ main }: Writers): Promise<void> {
    const { partitionBy, indexed } = this.#shape;
    const columns = this.#columns.map(([name, type]) => `${name} ${type} null`).join(", ");
    const index = indexed && partitionBy.length > 0 ? `, key (${partitionBy.toReversed().join(", ")})` : "";
    await main.query(
      `create table ${this.name} (${columns.replace("id int null", "id int primary key")}${index}, key (modified))`,
    );
    // A row for each value, so that most of them stay as they are from one run to the next; more for ranges of the key.
    const some = partitionBy.length === 0 ? [...parts, ...parts, ...parts] : parts;
    await main.query(this.#insert(some.map((_, part) => ({ part, value: 0, time: "old" }))));
  }

  /** All that a load may depend on besides rows: where it differs all rows are read. */
  get request(): string {
    return JSON.stringify([this.#entry, this.#definition]);
  }

  /** Whether it may be kept by the ranges of its key, where its files are Parquet. */
  get mergeable(): boolean {
    return this.partitionBy.length === 0 && this.incremental;
  }

  /** The columns by which slices are told apart now. */
  get partitionBy(): readonly string[] {
    return this.#settings.partitions ? this.#shape.partitionBy : [];
  }

  /** Whether the server can count the rows of slices cheaply. */
  get counted(): boolean {
    return this.#shape.indexed && !this.#isConstant;
  }

  get incremental(): boolean {
    return this.#settings.timestamp;
  }

  get reconcilesAlways(): boolean {
    return this.#settings.reconcile === "every 0m";
  }

  get overlapMicros(): bigint {
    return this.#settings.interval === "0 second" ? 0n : 600_000_000n;
  }

  get timeColumn(): string {
    return "modified";
  }

  get #isConstant(): boolean {
    return this.#settings.constant && this.partitionBy.includes("part");
  }

  /** The table's entry in the settings file of a lake of this format. */
  entryFor(format: "parquet" | "csv"): object {
    const isSaid = this.mergeable && format === "parquet";
    return { ...this.#entry, ...(isSaid ? { strategy: this.#shape.strategy } : {}) };
  }

  get #entry(): object {
    const { interval, reconcile, timestamp } = this.#settings;
    const fields = this.#fields();
    return {
      name: this.name,
      partitions: {
        partition_fields: this.partitionBy,
        ...(timestamp ? { timestamp_field: "modified", interval, reconcile } : {}),
      },
      ...(fields === undefined ? {} : { fields }),
    };
  }

  #fields(): readonly object[] | undefined {
    if (!this.#settings.listed && !this.#isConstant) return undefined;
    return ["a", "section", "id", "part", "b"].map((name) =>
      name === "part" && this.#isConstant ? { name, type: "varchar", value: "all" } : { name },
    );
  }

  /** A row of the server as the lake has to show it. */
  expected(row: Readonly<Record<string, unknown>>): Readonly<Record<string, string | null>> {
    const fields = this.#fields() as readonly { name: string; value?: string }[] | undefined;
    const wanted = fields ?? this.#columns.map(([name]) => ({ name }));
    return Object.fromEntries(
      wanted.map((field) => [
        field.name,
        ("value" in field ? field.value : undefined) ?? spelled(row[field.name] ?? null),
      ]),
    );
  }

  async apply(change: Change, writers: Writers): Promise<void> {
    const { main } = writers;
    if (change.change === "configure") return this.#configure(change.how);
    if (change.change === "alter") {
      await writers.endOpen(this.name);
      return this.#alter(change.how, change.value, main);
    }
    if (change.change === "truncate" || change.change === "empty") {
      await writers.endOpen(this.name);
      await main.query(`${change.change === "empty" ? "delete from" : "truncate table"} ${this.name}`);
      return;
    }
    if (change.change === "insert") {
      const id = this.#nextId;
      const sql = this.#insert([change]);
      await (change.open ? writers.write(sql, this.name, id) : main.query(sql));
      return;
    }
    if ("row" in change) await this.#changeRow(change, writers);
  }

  #insert(rows: readonly InsertedRow[]): string {
    const hasA = this.#has("a");
    const values = rows.map(({ part, value, time }) => [
      ...[String(this.#nextId++), quoted(parts[part % parts.length])],
      ...[quoted(sections[part % sections.length]), this.#time(time)],
      ...(hasA ? [String(value)] : []),
    ]);
    const columns = `id, part, section, modified${hasA ? ", a" : ""}`;
    return `insert into ${this.name} (${columns}) values ${values.map((row) => `(${row.join(", ")})`).join(", ")}`;
  }

  async #changeRow(change: Extract<Change, { readonly row: number }>, writers: Writers): Promise<void> {
    const rows = await writers.main.query(`select id, part, section from ${this.name} order by id`);
    const free = rows.filter(({ id }) => !writers.isLocked(this.name, Number(id)));
    const row = free[change.row % Math.max(1, free.length)];
    if (row === undefined) return;
    const id = Number(row["id"]);
    const where = `where id = ${id}`;
    if (change.change === "empty-slice") {
      await writers.endOpen(this.name);
      const [part, section] = [row["part"], row["section"]].map(quoted);
      await writers.main.query(
        `delete from ${this.name} where part <=> ${part}${this.partitionBy.includes("section") ? ` and section <=> ${section}` : ""}`,
      );
      return;
    }
    if (change.change === "rekey") {
      const { value } = change;
      const key = value % 2 === 0 ? this.#nextId + value : -this.#nextId - value;
      this.#nextId += value + 1;
      await writers.endOpen(this.name);
      await writers.main.query(`update ${this.name} set id = ${key} ${where}`);
      return;
    }
    const sql =
      change.change === "delete" ? `delete from ${this.name} ${where}` : this.#update(change, where);
    await (change.open ? writers.write(sql, this.name, id) : writers.main.query(sql));
  }

  #update(change: Extract<Change, { readonly change: "update" }>, where: string): string {
    const { value, part, time } = change;
    const column = ["a", "b"].find((name) => this.#has(name));
    const sets = [
      ...(part === undefined
        ? []
        : [
            `part = ${quoted(parts[part % parts.length])}`,
            `section = ${quoted(sections[part % sections.length])}`,
          ]),
      ...(time === undefined ? [] : [`modified = ${this.#time(time)}`]),
      ...(column === undefined ? ["id = id"] : [`${column} = ${value}`]),
    ];
    return `update ${this.name} set ${sets.join(", ")} ${where}`;
  }

  #time(time: Time): string {
    const from = (minutes: number): string =>
      `'2020-01-01 00:00:00' + interval ${minutes} ${this.#shape.timeType === "date" ? "day" : "minute"}`;
    switch (time) {
      case "next":
        return this.#shape.serverClock ? "utc_timestamp(6)" : from(++this.#minutes);
      case "latest":
        return this.#shape.serverClock ? "utc_timestamp(6)" : from(this.#minutes);
      case "late":
        return this.#shape.serverClock ? "utc_timestamp(6) - interval 8 minute" : from(this.#minutes - 8);
      case "old":
        return this.#shape.serverClock
          ? `utc_timestamp(6) - interval ${9 + this.#nextId} day`
          : from(-10_000 + this.#nextId * 60);
      case "past":
        return "'1970-01-01 00:00:01'";
      case "future":
        return "'2037-12-31 00:00:00'";
      case "none":
        return "null";
      case "zero":
        return "'0000-00-00 00:00:00'";
    }
  }

  #configure(how: Configuration): void {
    const set = this.#settings;
    if (how === "fields") set.listed = !set.listed;
    if (how === "interval") set.interval = set.interval === "10 minute" ? "0 second" : "10 minute";
    if (how === "reconcile") set.reconcile = set.reconcile === "every 1d" ? "every 0m" : "every 1d";
    if (how === "timestamp") set.timestamp = !set.timestamp;
    if (how === "partitions") set.partitions = !set.partitions;
    if (how === "constant") set.constant = !set.constant;
  }

  async #alter(how: Alteration, value: number, main: TestDatabase): Promise<void> {
    const specification = this.#plan(how, value);
    if (specification === undefined) return;
    await main.query(`alter table ${this.name} ${specification}`);
    // An index changes no row.
    if (how === "index") return;
    this.#alterations++;
    this.#definition = await this.#askDefinition(main);
  }

  /** What the server tells of its columns, and when they were defined: in whole seconds, in which all may be as before. */
  async #askDefinition(main: TestDatabase): Promise<string> {
    const of = `table_schema = database() and table_name = '${this.name}'`;
    const columns = await main.query(
      `select column_name, column_type, is_nullable, column_default from information_schema.columns where ${of}
       order by ordinal_position`,
    );
    const about = await main.query(`select create_time from information_schema.tables where ${of}`);
    return JSON.stringify([about, columns]);
  }

  /** What to write after `alter table`; changes the known columns accordingly. */
  #plan(how: Alteration, value: number): string | undefined {
    const free = this.#columns.filter(([name]) => !["id", ...parameters].includes(name));
    const [name, type] = free[value % Math.max(1, free.length)] ?? [];
    const at = this.#columns.findIndex(([each]) => each === name);
    if (how === "add") {
      const added = ["c", "d", "a", "b"].find((each) => !this.#has(each));
      if (added === undefined) return undefined;
      this.#columns.push([added, "int"]);
      return `add column ${added} int null default ${value + 100 * this.#alterations}`;
    }
    if (how === "index") return `add index (part, section, id)`;
    if (name === undefined || type === undefined) return undefined;
    if (how === "drop") {
      this.#columns.splice(at, 1);
      return `drop column ${name}`;
    }
    if (how === "replace") {
      this.#columns.splice(at, 1);
      this.#columns.push([name, type]);
      return `drop column ${name}, add column ${name} ${type} null default ${value + 100 * this.#alterations}`;
    }
    if (how === "widen") {
      if (type === "bigint") return undefined;
      this.#columns[at] = [name, "bigint"];
      return `modify ${name} bigint null`;
    }
    const other = how === "swap" ? free.find(([each, same]) => each !== name && same === type) : undefined;
    if (other !== undefined) {
      const there = this.#columns.indexOf(other);
      this.#columns[at] = [other[0], type];
      this.#columns[there] = [name, type];
      return `change ${name} ${other[0]} ${type} null, change ${other[0]} ${name} ${type} null`;
    }
    const renamed = ["c", "d", "a", "b"].find((each) => !this.#has(each));
    if (renamed === undefined) return undefined;
    this.#columns[at] = [renamed, type];
    return `change ${name} ${renamed} ${type} null`;
  }

  #has(column: string): boolean {
    return this.#columns.some(([name]) => name === column);
  }
}

function quoted(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? `'${value}'` : "null";
}

/** Zero dates are NULL in the lake; fractions may have any number of zeros at their end. */
export function spelled(value: unknown): string | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const text = String(value);
  if (text.startsWith("0000-00-00")) return null;
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}
