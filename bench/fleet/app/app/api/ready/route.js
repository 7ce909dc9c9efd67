/** Whether this instance may be given visitors: it is warm, or is not warmed up. */
export { GET } from '@larder/next/readiness';
