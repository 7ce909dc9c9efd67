import { NotShown } from '@/components/not-shown';

/** The answer to every path the shop does not have. */
export default function NotFoundPage() {
  return <NotShown because="absent" />;
}
