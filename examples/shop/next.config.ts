import { withLarder } from '@larder/next';
import { fileURLToPath } from 'node:url';
import type { NextConfig } from 'next';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const nextConfig: NextConfig = {
  cacheComponents: true,
  partialPrefetching: true,
  // The adapter is linked from the repository, so that is where the bundler and the tracer look.
  turbopack: { root: repository },
  outputFileTracingRoot: repository,
  ...(process.env.SHOP_STANDALONE === '1' ? { output: 'standalone' as const } : {}),
  experimental: { useTypeScriptCli: true },
  poweredByHeader: false,
};

export default withLarder(nextConfig);
