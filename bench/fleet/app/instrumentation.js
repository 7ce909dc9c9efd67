/** With BENCH_WARM: asks this instance for what the fleet reads most, before it has visitors. */
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs' || !process.env.BENCH_WARM) return;
  const { warmUp } = await import('@larder/next/warm-up');
  warmUp();
}
