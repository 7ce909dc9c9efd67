import { Shown } from '../../../lib/shown';

/** One of two that are shown side by side. */
export default function Page() {
  return <Shown name="board:left" />;
}
