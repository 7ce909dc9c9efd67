import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { PageFooter } from '@/components/page-footer';
import { Till } from '@/components/till';
import { getProducts } from '@/shop/catalogue';
import { instanceName } from '@/shop/instance';
import { cartOf, countView, redis } from '@/shop/redis';
import { requestBegan } from '@/shop/request';
import { freeDeliveryHeader, sessionHeader } from '@/shop/session';

export const metadata: Metadata = { title: 'The till' };

/** The till: everything here is in Larder's Redis over HTTP, and the same on every instance. */
export default async function TillPage() {
  const asked = await headers();
  requestBegan();
  const session = asked.get(sessionHeader);
  if (!redis || !session) {
    return (
      <main className="till">
        <h1>The till is closed</h1>
        <p className="lede">
          Set <code>UPSTASH_REDIS_REST_URL</code> and <code>UPSTASH_REDIS_REST_TOKEN</code>.
        </p>
      </main>
    );
  }
  const [products, cart, views] = await Promise.all([
    getProducts(),
    cartOf(redis, session),
    countView(redis, 'till'),
  ]);
  return (
    <>
      <main className="till">
        <p className="eyebrow" data-views={views}>
          Opened {views === 1 ? 'once' : `${views} times`}, counted on every instance
        </p>
        <h1>The till</h1>
        {asked.get(freeDeliveryHeader) === '1' && (
          <p className="flag" data-flag="free-delivery">
            Delivery is free today.
          </p>
        )}
        <Till
          instance={instanceName()}
          cart={cart}
          products={products.value.slice(0, 6).map(({ id, name }) => ({ id, name }))}
        />
      </main>
      <PageFooter />
    </>
  );
}
