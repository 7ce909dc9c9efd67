import { value } from '../../../lib/value';

/** A route the build calls, of two cached functions, one after the other. */
export async function GET() {
  const one = await value('pair:one');
  return new Response(`${one}; ${await value('pair:two')}`);
}
