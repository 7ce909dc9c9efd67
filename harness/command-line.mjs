import { parseArgs } from 'node:util';

/** The status a command ends with that was called in a way it does not understand. */
const MISUSED = 2;

/**
 * What a command was called with. It prints its usage and ends when that is asked for with `--help`, and
 * says what is wrong and ends with status 2 when it does not know an option or an argument.
 *
 * @param {string} usage what `--help` prints
 * @param {{
 *   name: string,
 *   options?: import('node:util').ParseArgsConfig['options'],
 *   positionals?: boolean | readonly string[],
 * }} command `positionals` are the arguments it takes beside its options: none unless given, any with
 *   `true`
 * @returns {{ values: Record<string, any>, positionals: string[], refuse: (why: string) => never }}
 *   `refuse` says what else is wrong
 */
export function commandLine(usage, { name, options = {}, positionals: known = [] }) {
  const refuse = (why) => {
    console.error(`${name}: ${why}\n\n${usage}`);
    process.exit(MISUSED);
  };
  const { values, positionals } = parsed(options, refuse);
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const unknown = known === true ? [] : positionals.filter((given) => !known.includes(given));
  if (unknown.length > 0) {
    const expected = known.length > 0 ? `some of ${known.join(', ')}` : 'only options';
    refuse(`unknown argument '${unknown[0]}'; expected ${expected}`);
  }
  return { values, positionals, refuse };
}

/** What was called, or the end of this process with what is wrong. */
function parsed(options, refuse) {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h', default: false } },
    });
  } catch (error) {
    // What follows is about arguments that begin with a dash, which no command has.
    return refuse(error.message.replace(/\. To specify a positional argument .*/s, ''));
  }
}
