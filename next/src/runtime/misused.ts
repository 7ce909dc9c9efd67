/**
 * Says what is wrong with how a command was called, and how it is called; ends the process with 2.
 *
 * @param why a sentence, or what `parseArgs` throws
 */
export function misused(command: string, usage: string, why: unknown): never {
  // What follows the first sentence of `parseArgs` is about arguments that begin with a dash.
  const said =
    why instanceof Error ? why.message.replace(/\. To specify a positional argument .*/s, '') : why;
  console.error(`${command}: ${String(said)}\n\n${usage}`);
  process.exit(2);
}
