/** `mdacc __complete`: what a completion script asks for at each Tab. */
import type { Command } from 'commander';
import { candidatesFor, type Names } from '../completion/candidates.ts';
import { answerText } from '../completion/scripts.ts';

/** Answers a Tab. It never fails: a shell has no use for an error there. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  process.stdout.write(answerText(await candidatesFor(program, words, namesOf)));
}

/** As far as the configuration can be read. */
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
