/** Nothing is opened. */
export default function Default() {
  return null;
}
