export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substitution {
  readonly text: string;
  /** Sentences without a value in them; empty when all went well. */
  readonly problems: readonly string[];
}

/**
 * Fills in `${VAR}` and `${VAR:-default}` (the default also serves for an empty variable, as in a shell, and may
 * hold variables itself). `$${` is the text `${`. What a variable holds is taken as it is.
 */
export function substituteVariables(text: string, environment: Environment): Substitution {
  const problems: string[] = [];
  let position = 0;

  /** `ending` is a closing brace inside a default, empty at the top; what is not `used` need not be set. */
  function readUntil(ending: string, used: boolean): string {
    let result = "";
    while (position < text.length) {
      if (text.startsWith("$${", position)) {
        result += "${";
        position += 3;
      } else if (text.startsWith("${", position)) {
        result += readVariable(used);
      } else if (text[position] === ending) {
        return result;
      } else {
        result += text[position++];
      }
    }
    return result;
  }

  function readVariable(used: boolean): string {
    const start = /^\$\{([A-Za-z_]\w*)(\}|:-)/.exec(text.slice(position));
    if (start === null) {
      problems.push(
        '"${" begins a variable, as in ${NAME} or ${NAME:-default}; write "$${" for the text "${"',
      );
      position = text.length;
      return "";
    }
    const [opening, name = "", separator] = start;
    position += opening.length;
    const value = environment[name];
    if (separator === "}") {
      if (value === undefined && used) {
        problems.push(`the environment has no variable ${name}; set it, or write \${${name}:-default}`);
      }
      return value ?? "";
    }
    const isSet = value !== undefined && value !== "";
    const fallback = readUntil("}", used && !isSet);
    if (text[position] !== "}") problems.push(`the default of variable ${name} has no closing "}"`);
    position++;
    return isSet ? value : fallback;
  }

  return { text: readUntil("", true), problems };
}

/** The text such that `substituteVariables` gives it back. */
export function escapeVariables(text: string): string {
  return text.replaceAll("${", () => "$${");
}
