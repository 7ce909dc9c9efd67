import { RELEASE } from '../lib/release';

/** The frame every app must have. */
export default function Layout({ children }) {
  return (
    <html lang="en" data-release={RELEASE}>
      <body>{children}</body>
    </html>
  );
}
