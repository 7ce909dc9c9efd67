// Larder's `set` is done when a value is queued; an event says when it is stored.
import { onEvent } from '../../next/dist/on-event.js';

const waiting = [];

onEvent(({ type, outcome, reason }) => {
  if (type !== 'put') return;
  const { resolve, reject } = waiting.shift() ?? {};
  if (outcome === 'stored') resolve?.();
  else reject?.(new Error(`a value was not stored but ${outcome}: ${reason}`));
});

/** Done when one more value is stored than had been, or was waited for, before. */
export function stored() {
  return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
}
