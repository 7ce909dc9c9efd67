/** A page over which others are opened. */
export default function Layout({ children, modal }) {
  return (
    <main>
      {children}
      {modal}
    </main>
  );
}
