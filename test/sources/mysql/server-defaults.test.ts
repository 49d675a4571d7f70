import { createConnection, type RowDataPacket } from "mysql2/promise";
import { expect, test } from "vitest";
import { describeOnServers } from "../../services/mysql-server.ts";
import { openSnapshot } from "./open-source.ts";
import { createAccount } from "./test-account.ts";

/** What an administrator may have set for everybody, and what it would do to a reader that takes it over. */
const defaults = {
  sql_mode: "'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'",
  sql_select_limit: "2",
  time_zone: "'-03:30'",
  completion_type: "'RELEASE'",
  autocommit: "0",
  sql_big_selects: "0",
  max_join_size: "1",
  character_set_results: "'latin1'",
} as const;

describeOnServers("a server's defaults", (server) => {
  test("do not change what is read", async () => {
    await using db = await server.database();
    await db.query(`
      create table t (id int primary key, c char(5), t timestamp null, v varchar(9));
      set time_zone = '+00:00';
      insert into t values (1, 'a', '2024-01-02 03:04:05', '日本'), (2, '', null, 'é'), (3, 'b', null, '"')`);
    await using account = await createAccount(db, {
      name: "defaults",
      rights: [`grant select on \`${db.name}\`.* to $account`],
    });
    // Runs for each new session of an account that does not own the server, and does nothing to other accounts.
    const mine = "substring_index(user(), '@', 1) like 'defaults%'";
    const settings = Object.entries(defaults).map(([name, value]) => {
      const choice = `if(${mine}, ${value}, @@session.${name})`;
      return `@@session.${name} = ${value.startsWith("'") ? choice : `cast(${choice} as unsigned)`}`;
    });
    await db.query("set global init_connect = ?", [`set ${settings.join(", ")}`]);

    try {
      const plain = await createConnection({
        ...db.sourceOptions,
        user: account.user,
        password: account.password,
      });
      const [rows] = await plain.query<RowDataPacket[]>(
        "select @@sql_select_limit, @@autocommit, @@completion_type",
      );
      await plain.end();
      expect(Object.values(rows[0] ?? {}).map(String)).toEqual(["2", "0", "RELEASE"]);

      await using opened = await openSnapshot(db, account);

      const moment = BigInt(Date.UTC(2024, 0, 2, 3, 4, 5)) * 1000n;
      for (let times = 0; times < 2; times++) {
        expect(await opened.read("t")).toEqual([
          [1, "a", moment, "日本"],
          [2, "", null, "é"],
          [3, "b", null, '"'],
        ]);
      }
    } finally {
      await db.query("set global init_connect = ''");
    }
  });
});
