import { openS3Store } from "../../src/stores/s3/s3-store.ts";
import { describeStore } from "../contracts/store-contract.ts";
import { describeOnS3 } from "../services/s3-server.ts";

describeOnS3("A bucket", (server) => {
  describeStore("A bucket", async () => openS3Store((await server.bucket()).storeOptions), {
    versionsTellContent: true,
  });
});
