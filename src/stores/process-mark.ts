import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Which process wrote something, such that another one can tell later whether it still runs. */
export interface ProcessMark {
  /** Stands for machine, boot and process namespace: the realm in which `pid` means something. */
  readonly place: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks; `0` where the system does not tell. */
  readonly started: string;
}

let own: ProcessMark | undefined;

/** The mark of this process. */
export function ownMark(): ProcessMark {
  own ??= { place: describePlace(), pid: process.pid, started: describeProcess(process.pid)?.started ?? "0" };
  return own;
}

/**
 * Whether a process has ended; undefined when it ran elsewhere and nothing can be said. A process id that
 * has been given to another process does not count as alive, nor does a killed process that nobody reaped.
 */
export function hasEnded(mark: ProcessMark): boolean | undefined {
  if (mark.place !== ownMark().place) return undefined;
  try {
    process.kill(mark.pid, 0);
  } catch (cause) {
    // Any other code, EPERM above all, means that it is there and belongs to someone else.
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return true;
  }
  const found = describeProcess(mark.pid);
  if (found === undefined || mark.started === "0") return false;
  return found.started !== mark.started || found.state === "Z" || found.state === "X";
}

/** The mark as a part of a file's name. */
export function spellMark(mark: ProcessMark): string {
  return `${mark.place}-${mark.pid}-${mark.started}`;
}

/** The mark that `text` begins with, or undefined. */
export function readMark(text: string): ProcessMark | undefined {
  const [, place, pid, started] = /^([0-9a-f]{8})-(\d+)-(\d+)/.exec(text) ?? [];
  if (place === undefined || pid === undefined || started === undefined) return undefined;
  return { place, pid: Number(pid), started };
}

/**
 * Containers share a kernel and often a process id, so the namespace is part of the place. A namespace's
 * number is given again only after all its processes have ended, and `started` tells those apart.
 */
function describePlace(): string {
  const boot = attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const namespace = attempt(() => readlinkSync("/proc/self/ns/pid"));
  const parts = [hostname(), boot ?? "", namespace ?? ""];
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 8);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name may hold spaces and parentheses. */
function describeProcess(pid: number): { readonly state: string; readonly started: string } | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields?.[0], fields?.[19]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

/** Not every system has /proc; what it cannot tell is left out. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
