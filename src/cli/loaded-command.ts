/** Runs the module of a command, which is imported when the command is called. */

/** A command module: it takes options and arguments, and returns the exit code. */
interface Runner {
  run(options: never, ...args: never[]): Promise<number>;
}

/** The action of a command for commander: its result is the exit code of the program. */
export function whenCalled(load: () => Promise<Runner>) {
  return async (...received: unknown[]) => {
    const { run } = await load();
    const args = received.slice(0, -2);
    const options = received.at(-2);
    process.exitCode = await (run as (options: unknown, ...args: unknown[]) => Promise<number>)(options, ...args);
  };
}
