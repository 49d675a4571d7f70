import { describeHistoriesInBucket } from "./live-histories.ts";

describeHistoriesInBucket("mariadb");
