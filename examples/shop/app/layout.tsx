import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { FrameLink } from '@/components/frame/frame-link';
import { SiteHeader } from '@/components/site-header';
import './styles/tokens.css';
import './styles/base.css';
import './styles/header.css';
import './styles/art.css';
import './styles/shelf.css';
import './styles/product.css';
import './styles/provenance.css';
import './styles/till.css';

/** Pages arrive whole and in document order, so that the shop also works without JavaScript. */
export const instant = false;

export const metadata: Metadata = {
  title: { default: 'Fennel & Rye, provisions', template: '%s · Fennel & Rye' },
  description: 'A small shop for a full larder.',
};

export const viewport: Viewport = { colorScheme: 'light dark' };

/** The frame around every page. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  // The catalogue is read per request, through the shared cache, and never while building.
  await connection();
  return (
    <html lang="en">
      <body>
        <SiteHeader />
        {children}
        <FrameLink />
      </body>
    </html>
  );
}
