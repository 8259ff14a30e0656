/** `mdacc completion`: prints a completion script. */
import { SCRIPTS, type Shell } from '../completion/scripts.ts';

export function printScript(shell: Shell): void {
  process.stdout.write(SCRIPTS[shell]);
}
