import type { ReactNode } from 'react';
import { RenderedBadge } from './rendered-badge';

/** The end of every page: where its cached blocks come from, and who rendered it. */
export function PageFooter({ children }: { children?: ReactNode }) {
  return (
    <footer className="page-footer">
      <div className="notes">{children}</div>
      <p className="colophon">
        Fennel &amp; Rye is an example of <strong>Larder</strong>: several instances, one cache.
      </p>
      <RenderedBadge />
    </footer>
  );
}
