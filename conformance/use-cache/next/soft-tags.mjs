/** What the tags of paths begin with. */
const PREFIX = '_N_T_';

/**
 * The soft tags Next.js reads a route with: of its layouts, of its page and of its address. As
 * `implicit-tags.js` of Next.js makes them, in its order.
 *
 * @param {string} path beginning with a slash
 */
export function softTagsOf(path) {
  const page = path === '/' ? '/page' : `${path}/page`;
  const segments = page.split('/').slice(1);
  const layouts = segments.map((_, i) => `/${segments.slice(0, i + 1).join('/')}`);
  const derived = layouts.map((layout) => (layout.endsWith('/page') ? layout : `${layout}/layout`));
  const tags = new Set(['/layout', ...derived, path]);
  if (path === '/') tags.add('/index');
  return [...tags].map((tag) => PREFIX + tag);
}

/**
 * The soft tags `revalidatePath(path, type)` invalidates.
 *
 * @param {string} path beginning with a slash
 * @param {'page' | 'layout'} [type] as of `revalidatePath`
 */
export function tagsOfPath(path, type) {
  if (type) return [`${PREFIX}${path === '/' ? '' : path}/${type}`];
  return path === '/' ? [`${PREFIX}/`, `${PREFIX}/index`] : [PREFIX + path];
}
