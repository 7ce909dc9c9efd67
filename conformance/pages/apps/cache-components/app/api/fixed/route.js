import { value } from '../../../lib/value';

/** A route the build calls. */
export async function GET() {
  return new Response(await value('fixed'));
}
