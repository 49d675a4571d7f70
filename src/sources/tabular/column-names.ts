/**
 * Names for the columns of a file from its header row: blank ones are numbered, and of names that differ at most in case
 * the later ones are, for SQL does not tell them apart. `warn` is told of both.
 */
export function columnNames(header: readonly string[], warn: (message: string) => void): readonly string[] {
  const taken = new Set(header.map((name) => cleanName(name).toLowerCase()));
  const given = new Set<string>();
  return header.map((written, i) => {
    const name = cleanName(written);
    if (name === "") {
      const made = firstFree(`column_${i + 1}`, taken);
      given.add(made.toLowerCase());
      warn(`column ${i + 1} has no name in the header row: it is called ${made}`);
      return made;
    }
    if (!given.has(name.toLowerCase())) {
      given.add(name.toLowerCase());
      return name;
    }
    const made = firstFree(`${name}_2`, taken);
    given.add(made.toLowerCase());
    warn(`column ${name} is in the header row twice: the later one is called ${made}`);
    return made;
  });
}

function firstFree(wanted: string, taken: Set<string>): string {
  const base = wanted.replace(/_2$/, "");
  let name = wanted;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${base}_${number}`;
  taken.add(name.toLowerCase());
  return name;
}

/** A name may be written over several lines of its cell. */
function cleanName(name: string): string {
  return name.trim().replaceAll(/\s*[\r\n]+\s*/g, " ");
}
