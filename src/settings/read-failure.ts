/** Why a file could not be read, from Node's error code. */
export function describeReadFailure(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "this account may not read it";
    default:
      return `it cannot be read (${code})`;
  }
}
