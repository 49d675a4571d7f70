import { describeHistories } from "./live-histories.ts";

describeHistories("mariadb");
