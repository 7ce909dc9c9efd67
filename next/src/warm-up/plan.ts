import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Plan } from './visits.js';

/** What holds where nothing is said. */
export const DEFAULTS = { top: 200, concurrency: 4, within: 30 } as const;

/** The numbers of a plan, and the greatest each may be. */
const MOST = { top: 1000, concurrency: 64, within: 600 } as const;

/**
 * The plan with its defaults.
 *
 * @throws TypeError that names the value, and what was expected
 */
export function planOf({ url, headers = {}, ...numbers }: PlanOptions): Plan {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  return { url: addressOf(String(url)), headers, ...counted(numbers) };
}

/** A plan as it is asked for. */
export type PlanOptions = { readonly url: string } & Partial<Numbers & Pick<Plan, 'headers'>>;

type Numbers = Pick<Plan, 'top' | 'concurrency' | 'within'>;

function counted(given: Partial<Numbers>): Numbers {
  const plan: Record<string, number> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(MOST, name)) {
      throw new TypeError(
        `'${name}' is no option; expected url, top, concurrency, within or headers`,
      );
    }
    const most = MOST[name as keyof typeof MOST];
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new TypeError(`${name} is ${value}; expected a whole number from 1 to ${most}`);
    }
    plan[name] = value;
  }
  return plan as unknown as Numbers;
}

/** The address of an instance. What is read there are paths as visitors ask for them. */
function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const http = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !http || url.username || url.search || url.hash || url.pathname !== '/') {
    throw new TypeError(
      `${JSON.stringify(text.replace(/\/\/.*@/, '//…@'))} is no address of an instance; ` +
        'expected one without a path, such as http://localhost:3000',
    );
  }
  return url;
}
