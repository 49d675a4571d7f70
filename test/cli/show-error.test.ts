import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { type GlobalOptions, OutputClosed } from "../../src/cli/cli.ts";
import { showError } from "../../src/cli/show-error.ts";
import { StopSignal } from "../../src/cli/stop-signal.ts";
import { PanoramaError } from "../../src/errors.ts";
import { Written } from "../reports/written-to.ts";

async function show(
  error: unknown,
  options: Partial<GlobalOptions> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<{ exitCode: number; lines: readonly string[] }> {
  const [stdout, stderr] = [new Written(), new Written()];
  const exitCode = await showError(
    { version: "1.2.3", stdin: Readable.from([]), stdout, stderr, env: {}, signal },
    options,
    error,
  );
  expect(stdout.text).toBe("");
  return { exitCode, lines: stderr.lines };
}

test.each([
  ["SETTINGS_INVALID", 2],
  ["UNKNOWN_NAME", 2],
  ["USAGE", 2],
  ["UNSUPPORTED", 2],
  ["SOURCE_UNREACHABLE", 1],
  ["QUERY_FAILED", 1],
] as const)("%s means exit code %d", async (code, exitCode) => {
  expect((await show(new PanoramaError(code, "It happened"))).exitCode).toBe(exitCode);
});

test("a failure is told in two lines, without stack or cause", async () => {
  const cause = new Error("connect ECONNREFUSED");
  const details = { source: "shop", table: "orders" };

  const { lines } = await show(
    new PanoramaError("TABLE_MISSING", "There is no table orders", details, { cause }),
  );

  expect(lines).toEqual([
    "✗ shop.orders: There is no table orders (TABLE_MISSING)",
    "  Correct the name, or remove the table from the settings file.",
  ]);
});

test("--debug adds the stacks of the error and its causes, and nothing else that they hold", async () => {
  const cause = Object.assign(new Error("Access denied"), { config: { password: "s3cret" } });

  const { lines } = await show(new PanoramaError("SOURCE_DENIED", "No", {}, { cause }), { debug: true });

  expect(lines.join("\n")).toMatch(/PanoramaError: No\n.*\n[^]*Caused by: Error: Access denied\n/);
  expect(lines.join("\n")).not.toContain("s3cret");
});

test("anything else is called a bug and keeps its stack", async () => {
  const { exitCode, lines } = await show(new TypeError("x is not a function"));

  expect(exitCode).toBe(1);
  expect(lines[0]).toBe("✗ This is a bug in panorama. Please report it with the lines below.");
  expect(lines[1]).toBe("  TypeError: x is not a function");
  expect(lines[2]).toMatch(/^ +at /);
});

test("where the log is JSON, so is the error", async () => {
  const error = new PanoramaError("TABLE_MISSING", "There is no table orders", { table: "orders" });

  const { lines } = await show(error, { logFormat: "json" });

  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
    kind: "error",
    table: "orders",
    error: {
      code: "TABLE_MISSING",
      message: "There is no table orders",
      remedy: "Correct the name, or remove the table from the settings file.",
    },
  });
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("a command stopped by %s exits with %d", async (name, exitCode) => {
  const controller = new AbortController();
  controller.abort(new StopSignal(name));

  expect(await show(controller.signal.reason, {}, controller.signal)).toEqual({ exitCode, lines: [] });

  const interrupted = await show(
    new PanoramaError("INTERRUPTED", "The run was stopped"),
    {},
    controller.signal,
  );
  expect(interrupted.exitCode).toBe(exitCode);
  expect(interrupted.lines[0]).toBe("✗ The run was stopped (INTERRUPTED)");
});

test("a reader that closes the pipe is no failure, a connection that breaks is one", async () => {
  expect(await show(new OutputClosed())).toEqual({ exitCode: 0, lines: [] });

  const { exitCode } = await show(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  expect(exitCode).toBe(1);
});
