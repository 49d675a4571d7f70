import packageJson from "../../package.json" with { type: "json" };

/** Taken into the bundle when it is built, so that it costs no reading. */
export const version: string = packageJson.version;
