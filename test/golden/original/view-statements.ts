import { TrinoSQL, TrinoSqlVisitor } from "dt-sql-parser";

/** What a `CREATE VIEW` shows. */
export interface DefinedView {
  /** Without the database. */
  readonly name: string;
  /** The table that it reads, without the database. */
  readonly table: string;
  readonly columns: readonly ViewColumn[];
}

export interface ViewColumn {
  readonly name: string;
  /** In lower case. */
  readonly type: string;
  /** The column of the table that it is made of. */
  readonly from: string;
}

const trino = new TrinoSQL();

/** Throws for a statement that Trino's grammar does not have, and for a view made of more than casts of columns. */
export function readCreateView(sql: string): DefinedView {
  const errors = trino.validate(`${sql};`);
  if (errors.length > 0) throw new Error(`${errors[0]?.message ?? ""} in ${sql}`);
  let name = "";
  let table = "";
  const columns: ViewColumn[] = [];
  const visitor = new TrinoSqlVisitor<void>();
  visitor.visitViewNameCreate = (context) => void (name = lastName(context.getText()));
  visitor.visitTableName = (context) => void (table = lastName(context.getText()));
  visitor.visitSelectItem = (context) => {
    const expression = context.selectExpressionColumnName() ?? context.selectLiteralColumnName();
    const alias = context.identifier()?.getText() ?? context.getText();
    columns.push({ name: lastName(alias), ...readExpression(expression ?? context) });
  };
  visitor.visit(trino.parse(`${sql};`));
  return { name, table, columns };
}

/** The outermost cast or function decides; a bare column of a raw table is text. */
function readExpression(
  tree: Parameters<TrinoSqlVisitor<void>["visit"]>[0],
): Pick<ViewColumn, "type" | "from"> {
  const sources: string[] = [];
  const types: string[] = [];
  const visitor = new TrinoSqlVisitor<void>();
  visitor.visitColumnName = (context) => void sources.push(lastName(context.getText()));
  visitor.visitCast = (context) => {
    types.push(context.type().getText().toLowerCase());
    visitor.visitChildren(context);
  };
  visitor.visitFunctionCall = (context) => {
    if (lastName(context.functionName().getText()) === "date_parse") types.push("timestamp");
    visitor.visitChildren(context);
  };
  visitor.visit(tree);
  // For the grammar a bare column is no expression.
  const [from = lastName(tree.getText()), ...more] = sources;
  if (more.length > 0) throw new Error(`not made of one column: ${tree.getText()}`);
  return { from, type: types[0] ?? "varchar" };
}

/** `"database"."name"` */
function lastName(name: string): string {
  return (name.split(".").at(-1) ?? "").replaceAll('"', "");
}
