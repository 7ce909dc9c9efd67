'use client';

import { useEffect, useState } from 'react';
import { ago } from '@/shop/clock';

/** How long ago something happened; counts on in the browser from what the server measured. */
export function Age({ milliseconds }: { milliseconds: number }) {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    const mounted = performance.now();
    const timer = setInterval(() => setPassed(performance.now() - mounted), 1000);
    return () => clearInterval(timer);
  }, []);
  return <>{ago(milliseconds + passed)}</>;
}
