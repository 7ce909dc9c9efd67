/** Where the adapter says what its operator should know. Each line begins with `larder:`. */
export interface Log {
  /** A change of state: connected, lost, recovered. */
  notice(text: string): void;
  /** Something to put right: a bad setting, a refused connection. */
  error(text: string): void;
  /** One decision, only when `LARDER_DEBUG=1`; `text` is not called otherwise. */
  debug(text: () => string): void;
}

/** The log of this process, on the console. `debug` is asked when the first decision is made. */
export function consoleLog(debug: () => boolean): Log {
  let explains: boolean | undefined;
  return {
    notice: (text) => console.warn(`larder: ${text}`),
    error: (text) => console.error(`larder: ${text}`),
    debug: (text) => {
      explains ??= debug();
      if (explains) console.log(`larder: ${text()}`);
    },
  };
}
