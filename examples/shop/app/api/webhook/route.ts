import { revalidateTag } from 'next/cache';
import { authorized } from '@/shop/webhook-secret';
import { answer, jsonRoute, readObject } from '@/shop/api';

const profiles = ['default', 'seconds', 'minutes', 'hours', 'days', 'weeks', 'max'];
const longestTag = 256;
const longestExpire = 31_536_000;

/** Marks everything that carries a tag stale, or lets it expire after `expire` seconds. */
export function POST(request: Request): Promise<Response> {
  return jsonRoute(async () => {
    if (!authorized(request))
      return answer(401, { error: 'send "authorization: Bearer" with the webhook secret' });
    const body = await readObject(request);
    if (body instanceof Response) return body;
    const { tag, profile, expire } = body;
    if (typeof tag !== 'string' || tag === '' || tag.length > longestTag) {
      return answer(400, { error: `"tag" must be a string of 1 to ${longestTag} characters` });
    }
    if (profile !== undefined && expire !== undefined) {
      return answer(400, { error: 'send "profile" or "expire", not both' });
    }
    if (expire !== undefined) {
      if (!Number.isInteger(expire) || Number(expire) < 0 || Number(expire) > longestExpire) {
        return answer(400, {
          error: `"expire" must be a whole number of seconds from 0 to ${longestExpire}`,
        });
      }
      revalidateTag(tag, { expire: Number(expire) });
      return answer(200, { revalidated: true, tag, expire });
    }
    const life = profile ?? 'max';
    if (typeof life !== 'string' || !profiles.includes(life)) {
      return answer(400, { error: `"profile" must be one of ${profiles.join(', ')}` });
    }
    revalidateTag(tag, life);
    return answer(200, { revalidated: true, tag, profile: life });
  });
}
