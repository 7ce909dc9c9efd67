import { CDN_HEADERS, cdnTag, type CdnHeader } from '../wire/cdn-tag.js';
import type { Headers, RouteValue } from './value.js';

/** Bytes of all tags of a response: proxies and clients refuse headers over 8 KB. */
const MOST = 6000;

/**
 * Names the tags of a page or a route in its headers, which Next.js sends as they are. Those of one with too
 * many tags say that no CDN may keep it, since it could not be told of all of them.
 *
 * @param value whose headers are changed; one without headers, or of another kind, stays as it is
 */
export function nameTags(
  value: RouteValue | null,
  tags: readonly string[],
  header: CdnHeader | undefined,
): void {
  if (!header || (value?.kind !== 'APP_PAGE' && value?.kind !== 'APP_ROUTE')) return;
  const headers = value.headers as Headers | undefined;
  if (!headers) return;
  const named = [...new Set(tags.map(cdnTag))].join(CDN_HEADERS[header]);
  delete headers[header];
  if (named.length > MOST) headers['cdn-cache-control'] = 'no-store';
  else if (named) headers[header] = named;
}
