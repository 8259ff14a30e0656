/** What a newcomer meets: what a plan tells before apply refuses, and steps that can be gone as they are written. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shell } from '../commands/shell.ts';
import { isWindows } from '../platform.ts';
import { CONFIG, STATE, Stage } from '../stage.ts';

const SECRETS = '.motherduck/secrets.env';

describe('a plan tells what apply will refuse', () => {
  it.skipIf(isWindows)('secrets that git would add, with a line to type', async () => {
    const stage = new Stage();
    execFileSync('git', ['init', '-q'], { cwd: stage.path });
    stage.write('.gitignore', '.motherduck-sandbox/\n');
    const plan = await stage.json('plan --sandbox');
    expect(plan).toMatchObject({
      code: 0,
      document: { warnings: [{ kind: 'store_unusable', cases: [{ store: 'local' }] }] },
    });
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(1);
    const { stdout } = await stage.run('plan --sandbox');
    const [, line = ''] = /: (echo .*)$/m.exec(stdout) ?? [];
    expect(await shell(stage, line)).toMatchObject({ code: 0 });
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [] });
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  });

  it.skipIf(isWindows)('a secrets file that others can read, while the plan has secrets for it', async () => {
    const stage = await Stage.applied();
    chmodSync(stage.file(SECRETS), 0o644);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
    await stage.run('sandbox advance 80d');
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({
      warnings: [{ kind: 'store_unusable', hint: { text: expect.stringContaining('chmod 600') } }, {}],
    });
  });
});

describe('steps that an output names', () => {
  it('delete an account that left the configuration', async () => {
    const stage = await Stage.applied();
    const block = /^ {2}tenant_acme:.*\n/m;
    const [line = ''] = block.exec(stage.read()) ?? [];
    const removed = () => stage.edit((text) => text.replace(/^ {2}tenant_acme:.*\n/m, ''));
    removed();
    const { document } = await stage.json('plan --sandbox');
    const { warnings } = document as unknown as { warnings: { hint: { text: string; command: string[] } }[] };
    const { text = '', command = [] } = warnings[0]?.hint ?? {};
    for (const step of ['deletion_protection: false', 'max_deletes']) expect(text).toContain(step);
    // The hint shows what would be deleted, and deletes nothing.
    expect(command.slice(0, 2)).toEqual(['plan', '--prune']);
    const prune = ['apply', ...command.slice(1), '--yes', '--allow-delete'];
    expect((await stage.run(prune)).code).toBe(1);
    // As the steps say:
    stage.edit((yaml) => yaml.replace(/^accounts:\n/m, `$&${line.replace(' }', ', deletion_protection: false }')}`));
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    removed();
    stage.edit((yaml) => yaml.replace(/max_deletes: \d+/, 'max_deletes: 1'));
    expect(await stage.run(prune)).toMatchObject({ code: 0, stdout: expect.stringContaining('tenant_acme') });
  });

  it.each([
    ['plan.html', 'html'],
    ['plan.md', 'markdown'],
  ])('write a report to %s, which --out refuses', async (file, format) => {
    const stage = new Stage();
    const ran = await stage.run(`plan --sandbox --format ${format} --out ${file}`);
    expect(ran).toMatchObject({
      code: 64,
      stderr: expect.stringContaining(`plan --format ${format} --sandbox > ${file}`),
    });
    expect(existsSync(stage.file(file))).toBe(false);
  });

  it('commit a state, but not that of a sandbox', async () => {
    const stage = new Stage();
    await stage.run('sandbox seed 1');
    const imported = await stage.run('import --all --sandbox --yes');
    expect(imported.stderr).toContain('mdacc plan --sandbox');
    expect(imported.stdout + imported.stderr).not.toContain('commit');
  });
});

describe('an error names', () => {
  it('an account as it was typed', async () => {
    const stage = await Stage.applied();
    const { stderr } = await stage.run('smoke etl_prd --sandbox');
    expect(stderr).toContain('etl_prod?');
    expect(stderr).not.toContain('--only');
    expect((await stage.run('smoke --only etl_prd --sandbox')).stderr).toContain('--only etl_prod?');
  });

  it('no region where the sandbox lists no users', async () => {
    const stage = new Stage();
    stage.write('.motherduck-sandbox/organization.json', '{ "users_list": "missing" }');
    const { stdout, stderr } = await stage.run('plan --sandbox');
    expect(stdout + stderr).toContain('organization.json');
    expect(stdout + stderr).not.toContain('--api-url');
  });
});

it('an import into a configuration with a file of secrets keeps that out of git, once', async () => {
  const stage = await Stage.applied();
  for (const file of [STATE, '.gitignore']) if (stage.has(file)) stage.remove(file);
  const imported = await stage.run('import --all --sandbox --yes');
  expect(imported).toMatchObject({ code: 0, stderr: expect.stringContaining('.gitignore') });
  const lines = stage.read('.gitignore');
  expect(lines).toContain('.motherduck/\n');
  stage.remove(STATE);
  expect((await stage.run('import --all --sandbox --yes')).stderr).not.toContain('.gitignore');
  expect(stage.read('.gitignore')).toBe(lines);
});

describe('a hint', () => {
  it('names no sandbox for a command that reaches none', async () => {
    const stage = new Stage('version: 2\n');
    expect((await stage.run('plan --sandbox')).stderr).not.toContain('validate --sandbox');
    stage.remove(CONFIG);
    expect((await stage.run('plan --sandbox')).stderr).toMatch(/mdacc init$/m);
  });

  it('of a name begins like a sentence', async () => {
    const stage = await Stage.applied();
    expect((await stage.run('import nobody --sandbox --yes')).stderr).toMatch(/^ {2}There are: /m);
  });

  it('says where an included file should be', async () => {
    const stage = new Stage();
    stage.edit((text) => `${text}include: [teams.yaml]\n`);
    const { document } = await stage.json('validate');
    expect(document).toMatchObject({
      findings: [{ code: 'include-missing', hint: expect.stringContaining('main file') }],
    });
  });

  it.skipIf(isWindows)('gives no rights to a file where a folder should be', async () => {
    const stage = new Stage();
    stage.write('.motherduck', '');
    const { stderr } = await stage.run('apply --sandbox --yes');
    expect(stderr).toContain('[STORE_UNUSABLE]');
    expect(stderr).not.toMatch(/ENOTDIR|access to it/);
  });
});

describe('where users cannot be listed', () => {
  it('an organization is adopted by names, as the error says', async () => {
    const stage = await Stage.applied();
    for (const file of [CONFIG, STATE]) stage.remove(file);
    const folder = '.motherduck-sandbox/organization.json';
    stage.write(folder, '{ "users_list": "missing" }');
    const refused = await stage.run('init --from-live --organization acme --sandbox --yes');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('mdacc import ACCOUNT... --organization acme --sandbox');
    const adopted = await stage.run('import etl_prod --organization acme --sandbox --yes');
    expect(adopted.code, adopted.stderr).toBe(0);
    expect(stage.read()).toMatch(/^organization: acme\b/m);
    expect(stage.read('.gitignore')).toContain('.motherduck/');
    expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
    const again = await stage.run('import etl_prod --sandbox --yes');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to import') });
  });

  it('and no configuration is begun where another one is meant', async () => {
    const stage = await Stage.applied();
    stage.write('sub/note.txt', '');
    const ran = await stage.run('import etl_prod --sandbox --yes --config sub/motherduck.accounts.yaml');
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('[CONFIG_NOT_FOUND]')]);
    expect(ran.stderr).toContain(stage.file(CONFIG));
  });
});

describe('an apply that cannot plan an account', () => {
  it('names it in its last lines, with the exit code', async () => {
    const stage = new Stage();
    stage.edit((text) => text.replace('accounts:\n', 'accounts:\n  bi: {}\n'));
    const applied = await stage.run('apply --sandbox --yes');
    expect(applied.code).toBe(3);
    expect(applied.stdout.trimEnd().split('\n').at(-1)).toMatch(/\bbi\b.*exit code is 3/);
    const again = await stage.run('apply --sandbox --yes');
    expect(again.code).toBe(1);
    expect(again.stdout).not.toContain('exit code is 3');
  });
});

describe('a configuration with a slip', () => {
  const TOKENS = '\naccounts:\n  etl_prod:\n    tokens:';
  it.each([
    ['no blank after a colon', `${TOKENS}\n      loader:pipeline\n`, 1, 'loader: pipeline'],
    ['the same between braces', `${TOKENS} { loader:pipeline }\n`, 1, 'loader: pipeline'],
    ['the same below another', `${TOKENS}\n      a: b\n      loader:pipeline\n`, 1, 'loader: pipeline'],
    ['a ttl in words', '\ntoken_policies: { p: { ttl: 3 months } }\n', 1, '90d'],
    ['a ttl that is too long', `${TOKENS} { a: p }\ntoken_policies: { p: { ttl: 400d } }\n`, 3, '365d'],
    ['a key that is misspelt', '', 1, '"organization"'],
    ['no account', '\naccounts: {}\n', 0, 'mdacc import --all'],
  ])('%s', async (what, text, errors, fix) => {
    const key = what.includes('misspelt') ? 'organisation' : 'organization';
    const { stdout } = await new Stage(`version: 1\n${key}: acme${text}`).run('validate --format json');
    const found = [...stdout.matchAll(/"severity": *"error"/g)];
    expect(found.length).toBeLessThanOrEqual(errors);
    expect(stdout).toContain(JSON.stringify(fix).slice(1, -1));
  });

  it('that is named without --config, or is not there in an ignored folder', async () => {
    const stage = new Stage();
    expect((await stage.run('validate orig.yaml')).stderr).toContain('mdacc validate --config orig.yaml');
    execFileSync('git', ['init', '-q'], { cwd: stage.path });
    stage.write('.gitignore', '*\n');
    stage.remove(CONFIG);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ error: { code: 'CONFIG_NOT_FOUND' } });
  });
});
