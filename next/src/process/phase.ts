/** Whether this is a server in production, of whatever kind. */
export function serving(): boolean {
  return process.env.NODE_ENV === 'production' && !building();
}

/** Whether this is `next build`, which asks no server. */
export function building(): boolean {
  return process.env.NEXT_PHASE === 'phase-production-build';
}
