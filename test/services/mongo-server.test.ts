import { expect, test } from "vitest";
import { describeOnMongo } from "./mongo-server.ts";

describeOnMongo("the Mongo server of the tests", (server) => {
  test("keeps documents, in a database of each test's own", async () => {
    await using one = await server.database();
    await using other = await server.database();

    await one.db.collection<{ _id: number }>("modulestore.structures").insertOne({ _id: 1 });

    expect(await one.db.collection("modulestore.structures").find().toArray()).toEqual([{ _id: 1 }]);
    expect(await other.db.collection("modulestore.structures").find().toArray()).toEqual([]);
  });
});
