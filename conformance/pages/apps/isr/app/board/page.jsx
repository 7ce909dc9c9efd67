/** What is below both. */
export default function Page() {
  return <p>board</p>;
}
