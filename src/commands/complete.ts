/** `mdacc __complete`: answers a completion script at each Tab. */
import type { Command } from 'commander';
import { candidatesFor, type Names } from '../completion/candidates.ts';
import { answerText } from '../completion/scripts.ts';

/** Prints the candidates. It never fails, because a shell cannot show an error there. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  process.stdout.write(answerText(await candidatesFor(program, words, namesOf)));
}

/** Returns the names of the configuration; none if it cannot be read. */
async function namesOf(config: string | undefined): Promise<Names> {
  const [{ loadConfig }, { DEFAULT_CONFIG }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/errors.ts'),
  ]);
  const loaded = await loadConfig(config ?? DEFAULT_CONFIG, process.env).catch(() => undefined);
  if (!loaded?.ok) return { accounts: [], tokens: [] };
  const accounts = [...loaded.desired.accounts.values()];
  return {
    accounts: accounts.map(({ username }) => username),
    tokens: accounts.flatMap(({ username, tokens }) => [...tokens.keys()].map((key) => `${username}/${key}`)),
  };
}
