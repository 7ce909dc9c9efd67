/** The name of this process in the fleet, from the environment variable `INSTANCE`. */
export function instanceName(): string {
  return process.env.INSTANCE || 'local';
}
