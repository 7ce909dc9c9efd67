/** Milliseconds by which the clock of this process is ahead of the machine's; negative: behind. */
const ahead = Number(process.env.CONFORMANCE_CLOCK_AHEAD ?? 0);

if (ahead !== 0) {
  const MachineDate = Date;
  const present = () => MachineDate.now() + ahead;
  globalThis.Date = class extends MachineDate {
    constructor(...args) {
      if (args.length === 0) super(present());
      else super(...args);
    }

    static now() {
      return present();
    }
  };
  const { timeOrigin } = performance;
  Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin + ahead });
}

/** The clock of Next.js: milliseconds since the epoch, with fractions. */
export const now = () => performance.timeOrigin + performance.now();
