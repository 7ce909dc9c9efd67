import { computed, effect, signal } from '@preact/signals';

const KEPT = 'larder.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

type Choice = 'system' | 'light' | 'dark';

/** What was chosen; kept for the next visit. */
export const choice = signal<Choice>((localStorage.getItem(KEPT) as Choice | null) ?? 'system');

const system = signal(dark.matches ? 'dark' : 'light');
dark.addEventListener('change', () => (system.value = dark.matches ? 'dark' : 'light'));

export const theme = computed(() => (choice.value === 'system' ? system.value : choice.value));

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  localStorage.setItem(KEPT, choice.value);
});

export function turn(): void {
  choice.value = theme.value === 'dark' ? 'light' : 'dark';
}
