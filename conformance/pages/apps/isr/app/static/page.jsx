import { Shown } from '../../lib/shown';

export const revalidate = 3600;

/** A page without a param. */
export default function Page() {
  return <Shown name="static" />;
}
