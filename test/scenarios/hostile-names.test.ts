/** No name of the state or of MotherDuck moves the cursor of a terminal, retitles its window or hides a line. */
import { expect, it } from 'vitest';
import { coloured, plain, terminalText } from '../../src/report/terminal-text.ts';
import { STATE, Stage } from '../stage.ts';

const EVIL = '\u001b[31mred\u001b]0;title\u0007\r\u009b2K\u202eevil\nli\u3164\u200b\u{e0101}ne';
/** All but line breaks and tabs. */
const CONTROL = /(?!\ufe0f)(?![\n\t])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u;

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

it('a token that somebody named by a secret is shown without it', async () => {
  const stage = await Stage.applied();
  const secret = await stage.inSandbox((organization) => organization.mint({ type: 'read_scaling' }));
  await stage.inSandbox(async (organization) => {
    for (const name of [secret.reveal(), secret.reveal(), `old ${secret.reveal()}`]) {
      await organization.mint({ username: 'etl_prod', name, type: 'read_write', ttl: 86_400 });
    }
  });
  const [, claims = ''] = secret.reveal().split('.');
  for (const command of ['plan', 'audit']) {
    for (const format of ['text', 'json', 'markdown', 'html']) {
      const { stdout, stderr } = await stage.run(`${command} --sandbox --format ${format}`);
      expect(`${stdout}${stderr}`).not.toContain(claims.slice(0, 20));
      // Markdown lists no token that is not managed as such, or shows brackets escaped.
      if (format !== 'markdown') expect(stdout).toContain('[secret ');
    }
  }
  const { document } = await stage.json('audit --sandbox');
  const { findings } = document as { findings: { token?: string }[] };
  const names = new Set(findings.flatMap(({ token = '' }) => (token.includes('[secret ') ? [token] : [])));
  expect(names.size).toBe(3);
  const imported = await stage.run('import --all --sandbox --yes');
  expect(`${imported.stdout}${imported.stderr}`).not.toContain(claims.slice(0, 20));
  expect(stage.read() + stage.read(STATE)).not.toContain(claims.slice(0, 20));
  expect(stage.read() + stage.read(STATE)).not.toContain('[secret');
});

it('an account that somebody named by a secret is shown without it, and neither read nor imported', async () => {
  const stage = await Stage.applied();
  const secret = await stage.inSandbox((organization) => organization.mint({ type: 'read_scaling' }));
  const id = await stage.inSandbox(async (organization) => {
    await organization.addServiceAccount(secret.reveal());
    const { accounts } = organization.inspect();
    return accounts.find(({ username }) => username === secret.reveal())?.id ?? '';
  });
  const shown = `[secret ${id.slice(0, 8)}]`;
  const [, claims = ''] = secret.reveal().split('.');
  const outputs = ['plan', 'audit'].flatMap((command) =>
    ['text', 'json', 'markdown', 'html'].map((format) => `${command} --sandbox --format ${format}`),
  );
  for (const words of [
    ...outputs,
    'audit --sandbox --format sarif',
    'import --all --sandbox --yes',
    'doctor --sandbox',
  ]) {
    const { stdout, stderr } = await stage.run(words);
    expect(`${stdout}${stderr}`, words).not.toContain(claims.slice(0, 20));
    if (/json|text/.test(words)) expect(stdout, words).toContain(shown);
    if (/audit|import/.test(words)) expect(`${stdout}${stderr}`, words).toContain(id);
  }
  const { document } = await stage.json('audit --sandbox');
  const { findings } = document as { findings: { account?: string; rule: string; fix: object }[] };
  expect(findings.filter(({ account }) => account === shown)).toMatchObject([{ rule: 'MDA024' }]);
  expect((await stage.run(['import', shown, '--sandbox', '--yes'])).stderr).toContain(id);
  expect(stage.read() + stage.read(STATE)).not.toMatch(/\[secret/);
});

it('a name with the letters that a secret begins with is its own: nothing is replaced', async () => {
  const stage = new Stage();
  stage.edit((text) => text.replace('      airflow: pipeline', '      keyJournal: pipeline\n      airflow: pipeline'));
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
});

it('every output loses control characters at last, and keeps the colours that it was given', () => {
  const text = `a\tb\n${EVIL}\u001b[1mbold\u001b[22m`;
  expect(terminalText(text, plain)).not.toMatch(CONTROL);
  expect(terminalText(coloured.green('ok'), coloured)).toBe('\u001b[32mok\u001b[39m');
  expect(terminalText('\u001b[8mhidden\u001b[2J', coloured)).not.toContain('\u001b');
});

it.each([
  [EVIL],
  [`--${EVIL}`],
  ['plan', '--format', EVIL],
  ['plan', '--timeout', EVIL, '--format', 'json'],
  ['plan', '--sandbox', EVIL],
])('wrong words are said without control characters: %j', async (...words) => {
  const { code, stdout, stderr } = await new Stage().run(words);
  expect(code).toBe(64);
  expect(`${stdout}${stderr}`).toContain(';title');
  expect(`${stdout}${stderr}`).not.toMatch(CONTROL);
});

/** Names that are markup somewhere. */
const MARKUP = [
  '![i](http://x.y/z.png) [l](http://e.vil) www.e.vil',
  '</details></td></table><!-- --> <img src=x onerror=alert(1)>',
  `<script>alert(1)</script>"'>`,
  'a | b `c` ```\n# H @everyone #1 ~~x~~ **b**',
  'x\nEOF\nchanges=false',
];

it('no name is markup of a comment, a page or a document, nor ends an output of a job', {
  timeout: 120_000,
}, async () => {
  const stage = await Stage.applied();
  await stage.serve();
  const headers = { authorization: `Bearer ${stage.env.MOTHERDUCK_ADMIN_TOKEN}`, 'content-type': 'application/json' };
  for (const name of [...MARKUP, EVIL]) {
    const body = JSON.stringify({ name, description: name });
    const url = `${stage.env.MOTHERDUCK_API_URL}/v1/users/etl_prod/tokens`;
    expect((await fetch(url, { method: 'POST', headers, body })).ok).toBe(true);
  }
  // Some are taken over, so that they are in the actions and their diffs too.
  const taken = MARKUP.slice(0, 3).map(
    (name, n) => `      taken_${n}: { policy: pipeline, name: ${JSON.stringify(name)} }\n`,
  );
  stage.edit((text) => text.replace('      airflow: pipeline', `${taken.join('')}      airflow: pipeline`));
  const runner = {
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: stage.file('outputs'),
    GITHUB_STEP_SUMMARY: stage.file('summary'),
  };
  for (const command of ['plan', 'audit']) {
    const { stdout: comment, stderr } = await stage.run(`${command} --format markdown`, runner);
    const { stdout: page } = await stage.run(`${command} --format html`);
    expect(comment, stderr).toContain('alert');
    expect(page).toContain('alert');
    const text = comment.replace(/^(`{3,})diff\n[^\r]*?\n\1$/gm, '').replace(/^<!-- .*-->$/gm, '');
    expect(text.replace(/<\/?(details|summary|br)>/g, '')).not.toMatch(/<|!\[|\]\(|@(?!&)|https?:\/\/|www\.|^# /m);
    expect(comment.match(/<details>/g)?.length ?? 0).toBe(comment.match(/^<\/details>$/gm)?.length ?? 0);
    expect(page).not.toMatch(/<(script>alert|img|\/details><\/td)/);
    expect(comment + page).not.toMatch(CONTROL);
  }
  const junit = (await stage.run('audit --format junit')).stdout;
  expect(junit).not.toMatch(/<(script|img|\/details)/);
  expect(stage.read('outputs')).toMatch(/^summary=.*\nchanges=true\nexitcode=0\n$/);
});
