/** What is on its way to the server, by key, and who waits for it to arrive. */
export class Outstanding {
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Notes that what `id` names has been sent, or is about to be. */
  begin(id: string): void {
    if (!this.#waiting.has(id)) this.#waiting.set(id, []);
  }

  /** Notes that it has been answered, or never will be. */
  end(id: string): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const done of waiting ?? []) done();
  }

  /** Done when nothing of `id` is on its way; at once where nothing is. */
  ended(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    return waiting ? new Promise((resolve) => void waiting.push(resolve)) : Promise.resolve();
  }
}
