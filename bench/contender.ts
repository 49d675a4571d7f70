import type { ServerAddress } from "../test/services/server-address.ts";
import type { ChildCommand } from "./measured-child.ts";

/** Something that reads the table, run as a child once in every round. */
export interface Contender {
  readonly name: string;
  readonly command: ChildCommand;
  /** Before each run, and not timed: what the run before it wrote is removed. */
  readonly prepare: () => Promise<void>;
  /** What makes the bench fail when it fails. Without the others it goes on. */
  readonly required: boolean;
  /** So slow that it runs in the last round only, without a warm-up. */
  readonly once: boolean;
}

/** What `mariadb-dump`, DuckDB and the driver of the original read; so that no password is in a command line. */
export function clientEnvironment({ host, port, socket, user, password }: ServerAddress): {
  readonly [name: string]: string;
} {
  return {
    MYSQL_HOST: socket === undefined ? host : "localhost",
    MYSQL_TCP_PORT: String(port),
    MYSQL_UNIX_PORT: socket ?? "",
    MYSQL_USER: user,
    MYSQL_PWD: password,
  };
}
