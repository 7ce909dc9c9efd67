import { withLarder } from '@larder/next';
import type { NextConfig } from 'next';

const nextConfig: NextConfig = {
  cacheComponents: true,
  partialPrefetching: true,
  ...(process.env.SHOP_STANDALONE === '1' ? { output: 'standalone' as const } : {}),
  experimental: { useTypeScriptCli: true },
  poweredByHeader: false,
};

export default withLarder(nextConfig);
