/** `mdacc __complete`: answers a completion script at each Tab. */
import type { Command } from 'commander';
import { commandFirst } from '../cli/command-words.ts';
import { SHARED_OPTIONS } from '../cli/options.ts';
import { type ConfiguredNames, candidatesFor } from '../completion/candidates.ts';
import { answerText } from '../completion/scripts.ts';
import { entryName } from '../model/entry-name.ts';

/** Prints the candidates. It never fails, because a shell cannot show an error there. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const inOrder = [...commandFirst(program, words.slice(0, -1)), ...words.slice(-1)];
  process.stdout.write(answerText(await candidatesFor(program, inOrder, namesOf, SHARED_OPTIONS)));
}

/** Returns the names of the configuration; none if it cannot be read. */
async function namesOf(config: string | undefined): Promise<ConfiguredNames> {
  const [{ loadConfig }, { DEFAULT_CONFIG }] = await Promise.all([
    import('../config/load.ts'),
    import('../model/defaults.ts'),
  ]);
  const file = config ?? process.env.MDACC_CONFIG ?? DEFAULT_CONFIG;
  // Completion shows no values, so variables of any name may be used.
  const loaded = await loadConfig(file, process.env, undefined, undefined, Object.keys(process.env)).catch(
    () => undefined,
  );
  if (!loaded?.ok) return { accounts: [], tokens: [], stores: [] };
  const accounts = [...loaded.desired.accounts.values()];
  return {
    accounts: accounts.map(({ username }) => username),
    tokens: accounts.flatMap(({ username, tokens }) =>
      [...tokens.keys()].map((key) => entryName({ account: username, token: key })),
    ),
    stores: [...loaded.desired.stores.keys()],
  };
}
