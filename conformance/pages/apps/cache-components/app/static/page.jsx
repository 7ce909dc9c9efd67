import { Shown } from '../../lib/shown';

/** A page without holes and without a param. */
export default function Page() {
  return <Shown name="static" />;
}
