import { expect, test } from "vitest";
import { addForgottenPeople, nobody, readForgottenPeople } from "../../src/lake/forgotten-people.ts";
import { forgottenPeopleKey } from "../../src/stores/lake-path.ts";
import { lake, temporaryLake } from "./lake-world.ts";

test("who is forgotten is added to those before, by several at once", async () => {
  await using world = await temporaryLake();
  expect(await readForgottenPeople(world.store, lake)).toEqual(nobody);
  const told = { table: "orders", column: "customer", mark: "user" } as const;
  const people = ["7", "8", "9"].map((user) => ({
    users: [user],
    columns: [told],
    leads: { anonymous: [`a${user}`] },
  }));

  await Promise.all(people.map((each) => addForgottenPeople(world.store, lake, each)));

  expect(await readForgottenPeople(world.store, lake)).toEqual({
    users: ["7", "8", "9"],
    columns: [told],
    leads: { anonymous: ["a7", "a8", "a9"] },
  });
});

test("a list of another version stops whoever reads it, because it cannot be said whom it leaves out", async () => {
  await using world = await temporaryLake();
  const text = JSON.stringify({ format: "panorama-forgotten-people", version: 2 });
  await world.store.put(forgottenPeopleKey(lake), Buffer.from(text));

  await expect(readForgottenPeople(world.store, lake)).rejects.toMatchObject({
    code: "LAKE_UNREADABLE",
    message: expect.stringContaining("forgotten/people.json is of another format") as string,
  });
});
