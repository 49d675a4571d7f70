import type { ColumnType } from "../table/column-type.ts";

const text: ColumnType = { kind: "text" };
const bytes: ColumnType = { kind: "bytes" };
const int32: ColumnType = { kind: "int32" };
const int64: ColumnType = { kind: "int64" };
const timestamp: ColumnType = { kind: "timestamp" };
const twentyDigits: ColumnType = { kind: "decimal", precision: 20, scale: 0 };

/** What Parquet readers can hold. */
const widestDecimal = 38;

const plainTypes = new Map<string, ColumnType>([
  ...each(["int", "integer", "int4", "tinyint", "int1", "smallint", "int2"], int32),
  ...each(["mediumint", "int3", "middleint", "year", "bool", "boolean"], int32),
  ...each(["bigint", "int8"], int64),
  ["serial", twentyDigits],
  ...each(["double", "double precision", "real", "float8"], { kind: "double" }),
  ["date", { kind: "date" }],
  ...each(["datetime", "timestamp"], timestamp),
  ...each(["time", "char", "character", "varchar", "character varying", "nchar", "nvarchar"], text),
  ...each(["text", "tinytext", "mediumtext", "longtext", "json", "uuid", "inet4", "inet6"], text),
  ...each(["binary", "varbinary", "blob", "tinyblob", "mediumblob", "longblob", "vector"], bytes),
  ...each(["geometry", "point", "linestring", "polygon", "multipoint", "multilinestring"], bytes),
  ...each(["multipolygon", "geometrycollection", "geomcollection"], bytes),
]);

const unsignedTypes = new Map<string, ColumnType>([
  ...each(["int", "integer", "int4"], int64),
  ...each(["bigint", "int8"], twentyDigits),
]);

/** Every type name that a settings file may use, without lengths; for "did you mean". */
export const fieldTypeNames: readonly string[] = [
  ...plainTypes.keys(),
  ...["bit", "float", "decimal", "numeric", "enum", "set"],
];

/**
 * The lake's type for a MySQL type name as settings files spell it: in either case, with or without a length,
 * `unsigned`, a character set. undefined when MySQL and MariaDB have no such type.
 */
export function parseFieldType(typeName: string): ColumnType | undefined {
  const spelled = typeName.trim().toLowerCase().replace(/\s+/g, " ");
  if (/^(enum|set)( ?\(.*\))?( (charset|character set|collate) \w+)*$/.test(spelled)) return text;

  const match =
    /^([a-z]\w*(?: precision| varying)?) ?(?:\(([\d, ]*)\))?((?: (?:unsigned|signed|zerofill|binary|(?:charset|character set|collate) \w+))*)$/.exec(
      spelled,
    );
  if (match === null) return undefined;
  const [, name = "", lengths, attributes = ""] = match;
  const numbers = lengths === undefined ? [] : lengths.split(",").map(Number);

  switch (name) {
    case "bit":
      return numbers[0] === 64 ? twentyDigits : int64;
    case "float":
    case "float4":
      return { kind: numbers.length === 1 && (numbers[0] ?? 0) > 24 ? "double" : "float" };
    case "decimal":
    case "numeric":
    case "dec":
    case "fixed":
      return decimalType(numbers);
  }
  const unsigned = /unsigned|zerofill/.test(attributes) ? unsignedTypes.get(name) : undefined;
  return unsigned ?? plainTypes.get(name);
}

function decimalType([precision = 10, scale = 0]: readonly number[]): ColumnType | undefined {
  const digits = precision === 0 ? 10 : precision;
  if (digits > 65 || scale > digits) return undefined;
  return digits > widestDecimal ? text : { kind: "decimal", precision: digits, scale };
}

function each(names: readonly string[], type: ColumnType): [string, ColumnType][] {
  return names.map((name) => [name, type]);
}
