/**
 * What takes the place of the cache handler where there is no Node.js: it caches nothing. Next.js
 * bundles the handler into an edge `middleware.ts`, which has no use for it.
 */
export default class NoCacheHandler {
  /** Nothing is found. */
  async get(): Promise<null> {
    return null;
  }

  /** Nothing is kept. */
  async set(): Promise<void> {}

  /** Nothing is invalidated: those who can are asked as well. */
  async revalidateTag(): Promise<void> {}

  resetRequestCache(): void {}
}
