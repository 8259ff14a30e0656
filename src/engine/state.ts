/** Where the state is. */
import path from 'node:path';

/** The state's file: beside the configuration unless it is named. */
export function statePath({ config, state }: { readonly config: string; readonly state?: string }): string {
  return state ?? path.join(path.dirname(config), 'motherduck.accounts.state.json');
}
