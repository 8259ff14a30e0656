/** The environment variables with the tokens of the Admin and of programs. */
import { IN_WEB_UI } from '../model/hints.ts';
import { Secret } from '../model/secret.ts';
import { UserError } from '../model/user-error.ts';

/** The variables with the token of programs that connect. */
export const PROGRAM_VARIABLES = ['MOTHERDUCK_TOKEN', 'motherduck_token'] as const;
const ADMIN_VARIABLES = ['MOTHERDUCK_ADMIN_TOKEN', ...PROGRAM_VARIABLES] as const;

interface FoundToken {
  readonly token: Secret;
  /** The environment variable with the token. */
  readonly source: string;
}

/** The token in the first of these variables that is not blank. */
export function tokenIn(env: NodeJS.ProcessEnv, variables: readonly string[]): FoundToken | undefined {
  for (const source of variables) {
    const text = env[source]?.trim();
    if (text) return { token: new Secret(text), source };
  }
  return undefined;
}

/** The admin token. @throws UserError TOKEN_MISSING */
export function adminToken(env: NodeJS.ProcessEnv): FoundToken {
  const found = tokenIn(env, ADMIN_VARIABLES);
  if (found !== undefined) return found;
  throw new UserError(
    'TOKEN_MISSING',
    'MOTHERDUCK_ADMIN_TOKEN is not set',
    `Create a read/write token as an Admin ${IN_WEB_UI}, and type: export MOTHERDUCK_ADMIN_TOKEN=… To try mdacc without one, add --sandbox.`,
  );
}
