/** No name of the state or of MotherDuck moves the cursor of a terminal, retitles its window or hides a line. */
import { expect, it } from 'vitest';
import { coloured, plain, terminalText } from '../../src/report/terminal-text.ts';
import { STATE, Stage } from '../stage.ts';

const EVIL = '\u001b[31mred\u001b]0;title\u0007\r\u009b2K\u202eevil\nline';
/** All but line breaks and tabs. */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/u;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of the program
const COLOURS = /\u001b\[(?:1|22?|3[1236]|39)m/g;

/** Puts an evil text into every name of the state. */
function infect(stage: Stage): string {
  const names = ['name', 'username', 'secret_path', 'secret_store', 'replaced'];
  const state = JSON.parse(stage.read(STATE), (key, value: unknown) =>
    names.includes(key) && typeof value === 'string' ? value + EVIL : value,
  );
  const accounts = Object.values(state.accounts as Record<string, { username: string; tokens: object }>);
  state.accounts = Object.fromEntries(
    accounts.map((account) => {
      const tokens = Object.fromEntries(Object.entries(account.tokens).map(([key, value]) => [key + EVIL, value]));
      return [account.username.toLowerCase(), { ...account, tokens }];
    }),
  );
  stage.write(STATE, JSON.stringify(state));
  return accounts[0]?.username ?? '';
}

it.each([
  'state list',
  'state list --format json',
  'plan --sandbox',
  'plan --sandbox --prune',
  'plan --sandbox --format markdown',
  'audit --sandbox',
  'audit --sandbox --format sarif',
  'smoke --sandbox',
  'validate',
])('%s shows names of a hostile state without control characters', async (command) => {
  const stage = await Stage.applied();
  infect(stage);
  for (const env of [{}, { FORCE_COLOR: '1' }]) {
    const { stdout, stderr } = await stage.run(command, env);
    const text = `${stdout}${stderr}`.replace(COLOURS, '');
    expect(text).not.toMatch(CONTROL);
    if (command.startsWith('state')) expect(text).toContain(';title');
    expect(`${stdout}${stderr}`).not.toContain('\u001b[31mred');
  }
});

it.each(['show', 'forget'])('state %s names an evil account without control characters', async (verb) => {
  const stage = await Stage.applied();
  const name = infect(stage);
  const yes = verb === 'forget' ? ['--yes'] : [];
  for (const wanted of [`${name}x`, name]) {
    const { stdout, stderr } = await stage.run(['state', verb, wanted, ...yes], { FORCE_COLOR: '1' });
    expect(`${stdout}${stderr}`).toContain(';title');
    expect(`${stdout}${stderr}`.replace(COLOURS, '')).not.toMatch(CONTROL);
    expect(`${stdout}${stderr}`).not.toContain('\u001b[31mred');
  }
});

it('every output loses control characters at last, and keeps the colours that it was given', () => {
  const text = `a\tb\n${EVIL}\u001b[1mbold\u001b[22m`;
  expect(terminalText(text, plain)).not.toMatch(CONTROL);
  expect(terminalText(coloured.green('ok'), coloured)).toBe('\u001b[32mok\u001b[39m');
  expect(terminalText('\u001b[8mhidden\u001b[2J', coloured)).not.toContain('\u001b');
});
