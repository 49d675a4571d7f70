/**
 * What DuckDB calls the functions of Trino that it lacks, or that mean something else there. A rule gets the
 * arguments as SQL, translated already; undefined leaves the call as it is. Functions that are not listed mean the
 * same in both, or are DuckDB's to refuse.
 */
export const trinoFunctions: Readonly<Record<string, (args: readonly string[]) => string | undefined>> = {
  // DuckDB's date_diff counts the boundaries between the two, Trino's the full units that have passed.
  date_diff: (args) => call("date_sub", args, 3),
  date_add: ([unit, count, date]) => {
    const word = /^'([a-z]+)'$/i.exec(unit ?? "")?.[1];
    return word === undefined || date === undefined
      ? undefined
      : `(${date} + (${count}) * INTERVAL 1 ${word})`;
  },
  date_format: ([date, format]) => withFormat("strftime", date, format),
  date_parse: ([text, format]) => withFormat("strptime", text, format),
  day_of_week: (args) => call("isodow", args, 1),
  day_of_year: (args) => call("dayofyear", args, 1),
  from_unixtime: (args) => call("to_timestamp", args, 1),
  to_unixtime: (args) => call("epoch", args, 1),

  // DuckDB's own skip rows whose value is NULL.
  max_by: (args) => call("arg_max_null", args, 2),
  min_by: (args) => call("arg_min_null", args, 2),
  // DuckDB's own gives a HUGEINT.
  count_if: ([condition, ...more]) =>
    more.length > 0 ? undefined : `count(CASE WHEN ${condition} THEN 1 END)`,
  approx_distinct: (args) => call("approx_count_distinct", args, 1),
  approx_percentile: (args) => call("approx_quantile", args, 2),
  arbitrary: (args) => call("any_value", args, 1),

  if: ([condition, value, ...more]) =>
    more.length > 0 ? undefined : `CASE WHEN ${condition} THEN ${value} END`,
  // DuckDB's own leave out what is NULL.
  greatest: (args) => `CASE WHEN ${anyNull(args)} THEN NULL ELSE greatest(${args.join(", ")}) END`,
  least: (args) => `CASE WHEN ${anyNull(args)} THEN NULL ELSE least(${args.join(", ")}) END`,
  concat: (args) => `(${args.join(" || ")})`,

  array_join: ([list, separator, missing]) => {
    const item =
      missing === undefined ? "CAST(item AS VARCHAR)" : `coalesce(CAST(item AS VARCHAR), ${missing})`;
    return `array_to_string(list_transform(${list}, lambda item: ${item}), ${separator})`;
  },
  cardinality: (args) => call("len", args, 1),
  contains: (args) => call("list_contains", args, 2),
  element_at: (args) => call("list_extract", args, 2),
  sequence: (args) => `generate_series(${args.join(", ")})`,

  // Trino trims every white space, DuckDB only the space.
  trim: (args) => trimmed("trim", args),
  ltrim: (args) => trimmed("ltrim", args),
  rtrim: (args) => trimmed("rtrim", args),
  split: (args) => call("string_split", args, 2),
  // NULL beyond the last part.
  split_part: ([text, separator, index]) => `list_extract(string_split(${text}, ${separator}), ${index})`,
  regexp_like: (args) => call("regexp_matches", args, 2),
  regexp_replace: ([text, pattern, by = "''"]) =>
    `regexp_replace(${text}, ${pattern}, ${by.replace(/\$(\d)/g, "\\$1")}, 'g')`,
  regexp_extract: (args) => `nullif(regexp_extract(${args.join(", ")}), '')`,

  // TRY: what is not JSON is NULL.
  json_extract_scalar: ([json, path]) => `TRY(json_extract_string(${json}, ${path}))`,
};

function call(name: string, args: readonly string[], count: number): string | undefined {
  return args.length === count ? `${name}(${args.join(", ")})` : undefined;
}

function anyNull(args: readonly string[]): string {
  return args.map((arg) => `(${arg}) IS NULL`).join(" OR ");
}

function trimmed(name: string, [text, ...more]: readonly string[]): string | undefined {
  // trim(BOTH 'x' FROM y) is the same in both.
  if (text === undefined || more.length > 0 || /\bfrom\b/i.test(text)) return undefined;
  return `${name}(${text}, chr(32) || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))`;
}

/** Letters that stand for something else in DuckDB's formats than in MySQL's, which Trino has. */
const formatLetters: Readonly<Record<string, string>> = {
  i: "%M",
  s: "%S",
  M: "%B",
  W: "%A",
  h: "%I",
  c: "%-m",
  e: "%-d",
  k: "%-H",
  l: "%-I",
  r: "%I:%M:%S %p",
  T: "%H:%M:%S",
  v: "%V",
};

/** Only a format that is spelled out can be translated. */
function withFormat(name: string, value: string | undefined, format: string | undefined): string | undefined {
  if (value === undefined || format === undefined || !format.startsWith("'")) return undefined;
  const translated = format.replace(/%(.)/g, (whole, letter: string) => formatLetters[letter] ?? whole);
  return `${name}(${value}, ${translated})`;
}
