import { connection } from 'next/server';
import { timeOfDay } from '@/shop/clock';
import { instanceName } from '@/shop/instance';
import { InstanceChip } from './instance-chip';

/** Says which instance rendered this page for this request, and when. */
export async function RenderedBadge() {
  await connection();
  const now = new Date().toISOString();
  return (
    <aside className="badge" aria-label="Rendering instance">
      rendered by <InstanceChip name={instanceName()} /> at{' '}
      <time dateTime={now}>{timeOfDay(now)}</time>
    </aside>
  );
}
