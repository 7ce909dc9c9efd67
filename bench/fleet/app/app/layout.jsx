/** The frame every app must have; all that is read here are the routes under `api`. */
export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
