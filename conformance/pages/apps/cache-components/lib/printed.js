import { setTimeout as pause } from 'node:timers/promises';

let count = 0;

/** When and by whom something was generated, unlike any other time. It takes `PAGES_GENERATION_MS`. */
export async function printed() {
  const at = new Date().toISOString();
  await pause(Number(process.env.PAGES_GENERATION_MS ?? 0));
  return `${at} by ${process.env.INSTANCE ?? 'a build'}, ${++count}`;
}
