import { BSON } from "mongodb";
import { expect, test } from "vitest";
import { describeOnMongo } from "../../services/mongo-server.ts";
import { watchMongo } from "../../services/watched-mongo.ts";
import { fill, id, optionsFor, publishedCourse, readTable } from "./modulestore-world.ts";

const structureId = "a01".padStart(24, "0");
const definitionId = (number: number): string => `d${String(number).padStart(23, "0")}`;

const problemXml = "<problem><stringresponse><textline/></stringresponse></problem>";

describeOnMongo("definitions of problems", (server) => {
  test("are fetched five hundred at a time, and only for problems without a weight", async () => {
    await using mongo = await server.database();
    await using watched = await watchMongo(server);
    const numbers = Array.from({ length: 1_120 }, (_, i) => i);
    await fill(mongo, {
      active_versions: [publishedCourse("a", structureId)],
      structures: [
        {
          _id: id(structureId),
          root: ["course", "course"],
          blocks: [
            {
              block_type: "course",
              block_id: "course",
              definition: id(definitionId(900)),
              fields: { children: numbers.map((i) => ["problem", `p${i}`]) },
            },
            ...numbers.map((i) => ({
              block_type: "problem",
              block_id: `p${i}`,
              definition: id(definitionId(i)),
              fields: i < 20 ? { weight: i } : {},
            })),
          ],
        },
      ],
      definitions: numbers.map((i) => ({ _id: id(definitionId(i)), fields: { data: problemXml } })),
    });

    const { rows } = await readTable(optionsFor({ ...server, ...watched }, mongo));

    expect(watched.finds("modulestore.definitions").map(({ idCount }) => idCount)).toEqual([500, 500, 100]);
    expect(watched.commands.filter(({ name }) => name === "getMore")).toEqual([]);
    const weights = rows.filter(({ block_type }) => block_type === "problem").map(({ weight }) => weight);
    expect(weights).toEqual(numbers.map((i) => (i < 20 ? i : 1)));
  });

  test("one that is missing, empty or of another form leaves the weight NULL, and is told", async () => {
    await using mongo = await server.database();
    const definitions = [
      { _id: id(definitionId(1)) },
      { _id: id(definitionId(2)), fields: null },
      { _id: id(definitionId(3)), fields: { data: new BSON.Binary(Buffer.from("x")) } },
      { _id: id(definitionId(4)), fields: { data: "<problem><stringresponse>" } },
    ];
    const ids = [definitionId(0), ...definitions.map(({ _id }) => _id.toHexString())];
    await fill(mongo, {
      active_versions: [publishedCourse("a", structureId)],
      structures: [
        {
          _id: id(structureId),
          root: ["course", "course"],
          blocks: [
            {
              block_type: "course",
              block_id: "course",
              fields: { children: ids.map((each) => ["problem", each]) },
            },
            ...ids.map((each) => ({
              block_type: "problem",
              block_id: each,
              definition: id(each),
              fields: {},
            })),
          ],
        },
      ],
      definitions,
    });

    const { rows, findings } = await readTable(optionsFor(server, mongo));

    expect(rows.slice(1).map(({ weight }) => weight)).toEqual([null, null, null, null, 1]);
    expect(findings).toEqual({
      notices: [
        "in the structures read by this run: 4 definitions of problems that are not there, 1 problems whose XML has errors",
      ],
      shortfalls: [],
    });
  });

  test("what no row is made of stays at the server", async () => {
    await using mongo = await server.database();
    await using watched = await watchMongo(server);
    await fill(mongo, {
      active_versions: [publishedCourse("a", structureId)],
      structures: [
        {
          _id: id(structureId),
          root: ["course", "course"],
          blocks: [{ block_type: "course", block_id: "course", fields: null, defaults: null }],
        },
      ],
    });

    await readTable(optionsFor({ ...server, ...watched }, mongo));

    const [find] = watched.finds("modulestore.structures");
    expect(find?.command["projection"]).toMatchObject({ "blocks.fields.markdown": 0, "blocks.asides": 0 });
  });
});
