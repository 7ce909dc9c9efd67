import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where Next.js looks for the App Router. */
const ROUTERS = ['app', join('src', 'app')];

/** The names of the files of route handlers. */
const ROUTE = /^route\.[cm]?[jt]sx?$/;

/** How such a file says that it runs on the edge. What is computed is not found. */
const ON_EDGE = /^\s*export\s+const\s+runtime\b[^=]*=\s*['"`](experimental-)?edge['"`]/m;

/**
 * The files of the route handlers that run on the edge, of the app in `directory`. A folder that
 * cannot be read has none.
 *
 * @param directory of the app, where `next.config` is
 * @returns their paths, as seen from there
 */
export function edgeRoutes(directory: string): string[] {
  return ROUTERS.flatMap((router) => {
    try {
      return readdirSync(join(directory, router), { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile() && ROUTE.test(file.name))
        .map((file) => join(file.parentPath ?? file.path, file.name))
        .filter((file) => ON_EDGE.test(readFileSync(file, 'utf8')))
        .map((file) => relative(directory, file));
    } catch {
      return [];
    }
  });
}
