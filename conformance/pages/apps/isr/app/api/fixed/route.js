import { value } from '../../../lib/value';

export const dynamic = 'force-static';
export const revalidate = 3600;

/** A route the build calls. */
export async function GET() {
  return new Response(await value('fixed'));
}
