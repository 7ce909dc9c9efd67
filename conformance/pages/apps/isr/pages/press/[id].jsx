import { printed } from '../../lib/printed';

export function getStaticPaths() {
  return { paths: [{ params: { id: '1' } }], fallback: 'blocking' };
}

export async function getStaticProps({ params: { id } }) {
  const at = await printed();
  if (id.startsWith('missing')) return { notFound: true, revalidate: 3600 };
  if (id.startsWith('moved')) {
    return { redirect: { destination: '/static', permanent: false }, revalidate: 3600 };
  }
  if (id.startsWith('thrown')) throw new Error(`nothing to show of ${id}`);
  return { props: { id, at }, revalidate: 3600 };
}

/** A page of the Pages Router. */
export default function Press({ id, at }) {
  return <p data-printed={at}>press:{id}</p>;
}
