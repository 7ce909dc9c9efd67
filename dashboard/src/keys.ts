import { live, go, type Screen } from './state';
import { turn } from './theme';

/** What a key does, for the help and for the page. */
export const KEYS: readonly (readonly [keys: string, words: string])[] = [
  ['g o', 'overview'],
  ['g e', 'entries'],
  ['g t', 'tags'],
  ['g i', 'invalidations'],
  ['g n', 'instances'],
  ['g x', 'explain'],
  ['/', 'search: a path, a key or a tag'],
  ['j, k', 'next and previous row'],
  ['p', 'pause, or go on'],
  ['d', 'light or dark'],
  ['?', 'these keys'],
  ['Esc', 'close'],
];

const SCREEN: Record<string, Screen> = {
  o: 'overview',
  e: 'entries',
  t: 'tags',
  i: 'invalidations',
  n: 'instances',
  x: 'explain',
};

/** After `g` a letter is a screen, for so long in ms. */
const SOON = 1500;

/** Listens to the keyboard; what is typed into a field is text. */
export function listenToKeys(search: () => HTMLElement | null, help: () => void): void {
  let gone = 0;
  addEventListener('keydown', (event) => {
    const at = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || at.closest('input, select, textarea'))
      return;
    const screen = performance.now() - gone < SOON ? SCREEN[event.key] : undefined;
    gone = 0;
    if (screen) go(screen);
    else if (event.key === 'g') gone = performance.now();
    else if (event.key === '/') search()?.focus();
    else if (event.key === '?') help();
    else if (event.key === 'p') live.value = !live.value;
    else if (event.key === 'd') turn();
    else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
    else return;
    event.preventDefault();
  });
}

/** The row before or after the one that has the keyboard; the first if none has. */
function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('dialog[open] .row, main .row')];
  const now = rows.indexOf(document.activeElement as HTMLElement);
  rows[now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + by))]?.focus();
}
