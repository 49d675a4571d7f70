import { randomUUID } from "node:crypto";
import { chmod, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PanoramaError } from "../errors.ts";

/**
 * Replaces an existing file's text: a reader, or a crash, finds the old text or the new one. Mode and owner stay
 * as they are; of a symbolic link, the file that it names is replaced.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  let temporary: string | undefined;
  try {
    const file = await realpath(path);
    const status = await stat(file);
    temporary = `${file}.${randomUUID()}.tmp`;
    await writeDurably(temporary, text, process.getuid?.() === 0 ? status : undefined);
    await chmod(temporary, status.mode & 0o7777);
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    const message = `The settings file ${path} cannot be replaced (${code})`;
    throw new PanoramaError("SETTINGS_UNWRITABLE", message, {}, { cause });
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

async function writeDurably(file: string, text: string, owner: Owner | undefined): Promise<void> {
  // Not readable for others at any moment: the file may hold passwords.
  await using handle = await open(file, "wx", 0o600);
  await handle.writeFile(text);
  if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
  await handle.sync();
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
