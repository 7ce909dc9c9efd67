/** What is shown until there is more. */
export default function Loading() {
  return <p>one moment</p>;
}
