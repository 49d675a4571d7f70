/** How much is on its way at once, in bytes and in requests. Those who wait come in the order in which they asked. */
export class SendingWindow {
  readonly #byteLimit: number;
  readonly #requestLimit: number;
  readonly #waiting: { readonly byteCount: number; readonly enter: () => void }[] = [];
  #bytes = 0;
  #mostBytes = 0;
  #requests = 0;

  constructor(byteLimit: number, requestLimit: number) {
    this.#byteLimit = byteLimit;
    this.#requestLimit = requestLimit;
  }

  /** The most bytes that were ever on their way at once. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  /** Resolves when there is room, with what is to be called at the end. What is larger than the window goes alone. */
  async enter(byteCount: number): Promise<() => void> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ byteCount, enter });
      this.#admit();
    });
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#bytes -= byteCount;
      this.#requests -= 1;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const fits = this.#bytes + next.byteCount <= this.#byteLimit && this.#requests < this.#requestLimit;
      if (!fits && this.#requests > 0) return;
      this.#waiting.shift();
      this.#bytes += next.byteCount;
      this.#mostBytes = Math.max(this.#mostBytes, this.#bytes);
      this.#requests += 1;
      next.enter();
    }
  }
}
