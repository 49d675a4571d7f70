import { PageFactory } from "../../../src/encoders/parquet/page-factory.ts";
import { PanoramaError } from "../../../src/errors.ts";

/*
 * Holds 40 MB of pages and prints how that ends. Meant to run where files may not grow as large: a disk that
 * fills up in the middle of a write takes what still fits, and says so only by its answer.
 */
await using factory = new PageFactory(async (bytes) => bytes);
try {
  let wrong = 0;
  const pages = [];
  for (let i = 0; i < 40; i++)
    pages.push(await factory.compressAndHold(new Uint8Array(1 << 20).fill(i + 1), () => new Uint8Array(0)));
  for (const [i, page] of pages.entries()) {
    await factory.write(page, {
      write: async (bytes) => {
        if (bytes.some((byte) => byte !== i + 1)) wrong++;
      },
    });
  }
  process.stdout.write(`${wrong} pages are wrong`);
} catch (error) {
  process.stdout.write(error instanceof PanoramaError ? error.code : String(error));
}
