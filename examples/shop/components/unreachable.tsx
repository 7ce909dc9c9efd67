/** What a visitor sees when the origin does not answer and the page was not cached. */
export function Unreachable() {
  return (
    <main className="plain">
      <p className="eyebrow">The door is stuck</p>
      <h1>We cannot reach the larder.</h1>
      <p className="lede">
        The origin did not answer, and this page was not on the shelf yet. <a href="">Try again.</a>
      </p>
    </main>
  );
}
