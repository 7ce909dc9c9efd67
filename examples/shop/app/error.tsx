'use client';

/** What a visitor sees when a page fails in a way nobody expected. */
export default function ErrorPage({ retry }: { retry: () => void }) {
  return (
    <main className="plain">
      <p className="eyebrow">Something fell off the shelf</p>
      <h1>This page broke.</h1>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </main>
  );
}
