/** Two pages side by side. */
export default function Layout({ children, left, right }) {
  return (
    <main>
      {left}
      {right}
      {children}
    </main>
  );
}
