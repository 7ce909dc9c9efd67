import { useRouter } from 'next/router';
import { printed } from '../../lib/printed';

export function getStaticPaths() {
  return { paths: [], fallback: true };
}

export async function getStaticProps({ params: { id } }) {
  return { props: { id, at: await printed() }, revalidate: 3600 };
}

/** A page of the Pages Router that is a frame until it has been rendered. */
export default function Wire({ id, at }) {
  if (useRouter().isFallback) return <p>one moment</p>;
  return <p data-printed={at}>wire:{id}</p>;
}
