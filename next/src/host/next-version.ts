import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Whether the Next.js of the app in the working directory asks the cache handler for images when it
 * is told to, as it does since 16.2. Taken to be so when its version cannot be told.
 */
export function canCacheImages(): boolean {
  try {
    const require = createRequire(join(process.cwd(), 'next.config.js'));
    const { version } = require('next/package.json') as { version?: string };
    return !/^16\.[01]\./.test(version ?? '');
  } catch {
    return true;
  }
}
