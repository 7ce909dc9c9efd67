import type { Metadata } from 'next';
import { NothingHere } from './nothing-here';
import { PageFooter } from './page-footer';
import { Unreachable } from './unreachable';

type Reason = 'absent' | 'unreachable';

/** The whole of a page whose subject is absent or unreachable. */
export function NotShown({ because }: { because: Reason }) {
  return (
    <>
      {because === 'absent' ? <NothingHere /> : <Unreachable />}
      <PageFooter />
    </>
  );
}

/** The title of such a page, which no search engine should keep. */
export function notShownMetadata(because: Reason): Metadata {
  return { title: because === 'absent' ? 'Nothing here' : 'Out of reach', robots: 'noindex' };
}
