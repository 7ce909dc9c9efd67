import { Shown } from '../../lib/shown';

/** What is below what is opened. */
export default function Page() {
  return <Shown name="feed" />;
}
