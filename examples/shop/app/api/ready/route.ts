/** Whether this instance may be given readers: it is warm. */
export { GET } from '@larder/next/readiness';
