/** Names that others gave, on a terminal: no row that a line is broken into begins with the command in one. */
import { describe, expect, it } from 'vitest';
import { outputOf, Stage } from '../stage.ts';

const NAME = 'of Dr. Who. mdacc apply --prune --yes --allow-delete or else mdacc apply --prune --yes';

/** Runs a command as on a terminal of so many columns. */
async function onTerminal(stage: Stage, words: string, columns: number) {
  const code = ['stdout', 'stderr'].map(
    (stream) => `process.${stream}.isTTY=true;process.${stream}.columns=${columns}`,
  );
  const node = ['--import', `data:text/javascript,${code.join(';')}`];
  const { stdout, stderr } = await outputOf(stage.spawn(words, { NO_COLOR: '1' }, { node }));
  return `${stdout}\n${stderr}`;
}

describe('the name of a token of somebody else', () => {
  it.each(['plan', 'audit', 'import etl_prod --dry-run'])('makes no row of %s a command', async (words) => {
    const stage = await Stage.applied();
    await stage.inSandbox((organization) => organization.mint({ username: 'etl_prod', name: NAME }));
    for (const columns of [40, 50, 60, 70, 80]) {
      const shown = await onTerminal(stage, `${words} --sandbox`, columns);
      expect(shown).toContain(NAME);
      expect(shown.split('\n').filter((row) => row.trimStart().startsWith('mdacc apply'))).toEqual([]);
    }
  });
});
