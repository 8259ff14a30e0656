/** The libraries of storage services, which are installed only where they are used. */
import { UserError } from '../model/user-error.ts';

/**
 * Loads the library of a kind of state.
 *
 * @param packages What to install when it is missing.
 * @throws UserError STATE_UNREACHABLE: it is not installed
 */
export async function optionalPackage<T>(
  load: () => Promise<T>,
  kind: string,
  packages: readonly string[],
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    const names = packages.join(' ');
    throw new UserError(
      'STATE_UNREACHABLE',
      `a state of the kind ${kind} needs ${packages.join(' and ')}, which ${packages.length === 1 ? 'is' : 'are'} not installed`,
      `Install it beside this program: npm install ${names} (with --global where this program is installed so; with npx: npx -p motherduck-accounts ${packages.map((name) => `-p ${name}`).join(' ')} mdacc).`,
      { cause: error },
    );
  }
}
