/*
 * Next.js' own types are those of the app. This package is compiled without Next.js, against what it
 * reads and writes of a configuration.
 */
declare module 'next' {
  export interface NextConfig {
    cacheComponents?: boolean;
    cacheHandlers?: Record<string, string>;
    cacheHandler?: string;
    cacheMaxMemorySize?: number;
    compiler?: {
      runAfterProductionCompile?: (metadata: {
        projectDir: string;
        distDir: string;
      }) => Promise<void>;
    };
    experimental?: { useCache?: boolean; durableUseCacheEntries?: boolean };
    images?: { customCacheHandler?: boolean; [option: string]: unknown };
    outputFileTracingRoot?: string;
    turbopack?: { root?: string };
    [option: string]: unknown;
  }
}
