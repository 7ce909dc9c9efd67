import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Whether the Next.js of the app in the working directory asks the cache handler for images when it
 * is told to, as it does since 16.2. Taken to be so when its version is not known.
 */
export function canCacheImages(): boolean {
  return !/^16\.[01]\./.test(nextVersion());
}

/**
 * Whether the Next.js of the app in the working directory answers 404 to a navigation to a page that
 * the build rendered, when its cache handler has nothing of that page: 16.2 turns to the shell of the
 * route then, which has no data for a navigation. Others render the page.
 */
export function strandsNavigations(): boolean {
  return nextVersion().startsWith('16.2.');
}

/** The version of Next.js of the app in the working directory; empty when it is not known. */
export function nextVersion(): string {
  try {
    const require = createRequire(join(process.cwd(), 'next.config.js'));
    return (require('next/package.json') as { version?: string }).version ?? '';
  } catch {
    return '';
  }
}
