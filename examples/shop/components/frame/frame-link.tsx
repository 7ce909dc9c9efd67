'use client';

import { usePathname, useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { tellFrame } from './messages';

/** Tells the page that frames the shop its path, and lets it navigate and refresh; shows nothing. */
export function FrameLink() {
  const router = useRouter();
  const path = usePathname();

  useEffect(() => tellFrame({ type: 'path', path }), [path]);

  useEffect(() => {
    function obey({ source, data }: MessageEvent) {
      if (source !== window.parent || source === window || data?.source !== 'larder-demo') return;
      if (data.type === 'refresh') router.refresh();
      if (data.type === 'go' && typeof data.path === 'string' && /^\/(?!\/)/.test(data.path))
        router.push(data.path);
    }
    window.addEventListener('message', obey);
    return () => window.removeEventListener('message', obey);
  }, [router]);

  return null;
}
