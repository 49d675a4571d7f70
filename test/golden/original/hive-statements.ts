import { HiveSQL, HiveSqlParserVisitor } from "dt-sql-parser";

/** What a `CREATE EXTERNAL TABLE` says, in the words of the statement. */
export interface DefinedTable {
  readonly name: string;
  /** `id string` */
  readonly columns: readonly string[];
  readonly partitionKeys: readonly string[];
  readonly location: string;
  readonly inputFormat: string;
  readonly outputFormat: string;
  readonly serde: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What an `ALTER TABLE … ADD PARTITION` says. */
export interface AddedPartition {
  readonly table: string;
  readonly values: readonly string[];
  readonly location: string;
}

const hive = new HiveSQL();

type Tree = ReturnType<HiveSQL["parse"]>;

/** Throws for a statement that Hive's grammar does not have. */
function parseStatement(sql: string): Tree {
  const errors = hive.validate(`${sql};`);
  if (errors.length > 0) throw new Error(`${errors[0]?.message ?? ""} in ${sql}`);
  return hive.parse(`${sql};`);
}

export function readCreateTable(sql: string): DefinedTable {
  let name = "";
  let location = "";
  let serde = "";
  let formats: readonly string[] = [];
  const all: string[] = [];
  const partitionKeys: string[] = [];
  const serdeParameters: Record<string, string> = {};
  const parameters: Record<string, string> = {};
  let columns = all;
  let properties = parameters;
  const visitor = new HiveSqlParserVisitor<void>();
  visitor.visitTableNameCreate = (context) => void (name = bareName(context.getText()));
  visitor.visitColumnNameTypeConstraint = (context) => {
    columns.push(
      `${bareName(context.columnNameCreate().getText())} ${context.columnType().getText().toLowerCase()}`,
    );
  };
  visitor.visitCreateTablePartitionSpec = (context) => {
    columns = partitionKeys;
    visitor.visitChildren(context);
  };
  visitor.visitRowFormatSerde = (context) => {
    serde = literal(context.StringLiteral().getText());
    properties = serdeParameters;
    visitor.visitChildren(context);
    properties = parameters;
  };
  visitor.visitTableFileFormat = (context) => {
    formats = context.StringLiteral().map((token) => literal(token.getText()));
  };
  visitor.visitLocationPath = (context) =>
    void (location = literal(context.getText().slice("LOCATION".length)));
  visitor.visitKeyValueProperty = (context) => {
    const [key = "", value = ""] = context.StringLiteral().map((token) => literal(token.getText()));
    properties[key] = value;
  };
  visitor.visit(parseStatement(sql));
  const [inputFormat = "", outputFormat = ""] = formats;
  return {
    name,
    columns: all,
    partitionKeys,
    location,
    inputFormat,
    outputFormat,
    serde,
    serdeParameters,
    parameters,
  };
}

export function readAddPartition(sql: string): AddedPartition {
  let table = "";
  let location = "";
  const values: string[] = [];
  const visitor = new HiveSqlParserVisitor<void>();
  visitor.visitTableName = (context) => void (table = bareName(context.getText()));
  visitor.visitPartitionVal = (context) => void values.push(literal(context.constant()?.getText() ?? ""));
  visitor.visitLocationPath = (context) =>
    void (location = literal(context.getText().slice("LOCATION".length)));
  visitor.visit(parseStatement(sql));
  return { table, values, location };
}

function bareName(name: string): string {
  return name.replaceAll("`", "");
}

/** `'a\\b'` stands for `a\b`. */
function literal(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}
