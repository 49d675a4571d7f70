import { fileURLToPath } from "node:url";

/** The folder of the views that come with the program: the build puts it beside its code. */
export const openedxViewFolder: string = fileURLToPath(new URL("./views/", import.meta.url));

const start = "openedx_";

/** What the catalog calls a view of the folder: it begins as the lake's tables do. */
export function openedxViewName(basePrefix: string | undefined, name: string): string {
  const rest = name.startsWith(start) ? name.slice(start.length) : name;
  return basePrefix === undefined ? rest : `${basePrefix}_${rest}`;
}
