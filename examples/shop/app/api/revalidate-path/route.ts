import { revalidatePath } from 'next/cache';
import { authorized } from '@/shop/webhook-secret';
import { answer, jsonRoute, readObject } from '@/shop/api';

const longestPath = 512;

/** Expires everything that was read for a path. */
export function POST(request: Request): Promise<Response> {
  return jsonRoute(async () => {
    if (!authorized(request))
      return answer(401, { error: 'send "authorization: Bearer" with the webhook secret' });
    const body = await readObject(request);
    if (body instanceof Response) return body;
    const { path, type } = body;
    if (typeof path !== 'string' || !path.startsWith('/') || path.length > longestPath) {
      return answer(400, {
        error: `"path" must start with / and have at most ${longestPath} characters`,
      });
    }
    if (type !== undefined && type !== 'page' && type !== 'layout') {
      return answer(400, { error: '"type" must be page or layout' });
    }
    revalidatePath(path, type);
    return answer(200, { revalidated: true, path, ...(type === undefined ? {} : { type }) });
  });
}
