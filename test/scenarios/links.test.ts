/** Links in the place of files that the program writes: a pull request may have committed them. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { CONFIG, SANDBOX, STATE, Stage } from '../stage.ts';

/** A git repository in a folder, and beside it a folder that no command may write to. */
function repository(links: Readonly<Record<string, string>>, { commit = true, folders = ['victim'] } = {}) {
  const stage = new Stage();
  const outside = new Stage('');
  rmSync(outside.file(CONFIG));
  for (const folder of folders) mkdirSync(outside.file(folder));
  const git = (...words: string[]) => execFileSync('git', ['-C', stage.path, ...words], { stdio: 'ignore' });
  git('init', '-q');
  stage.write('.gitignore', '/.motherduck/\n/.motherduck-sandbox/\n');
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(path.dirname(stage.file(name)), { recursive: true });
    symlinkSync(target.replace('OUTSIDE', outside.path), stage.file(name));
  }
  if (commit) git('add', '--force', '.');
  const written = () =>
    readdirSync(outside.path, { recursive: true })
      .map(String)
      .filter((name) => !folders.includes(name));
  return { stage, outside, written };
}

describe.skipIf(isWindows)('a committed link is not written through, where', () => {
  it.each([
    ['the plan is saved', 'plan --sandbox --out today.plan', 'today.plan', 'OUTSIDE/file'],
    ['the plan is saved in a folder', 'plan --sandbox --out plans/today.plan', 'plans', 'OUTSIDE/victim'],
    ['the plan is saved, through two links', 'plan --sandbox --out a', 'a', 'b'],
    ['the state is', 'apply --sandbox --yes --no-smoke', STATE, 'OUTSIDE/file'],
    [
      'the state is, in the folder',
      'apply --sandbox --yes --no-smoke --state states/my.json',
      'states',
      'OUTSIDE/victim',
    ],
    ['the sandbox is', 'plan --sandbox', SANDBOX, 'OUTSIDE/victim'],
    ['the new sandbox is', 'apply --sandbox --yes', SANDBOX, 'OUTSIDE/new'],
    ['databases are', 'apply --sandbox --yes', `${SANDBOX}/databases`, 'OUTSIDE/victim'],
    ['the sandbox is reset', 'sandbox reset', SANDBOX, 'OUTSIDE/victim'],
  ])('%s', async (_name, command, link, target) => {
    const { stage, written } = repository({ [link]: target, ...(target === 'b' ? { b: 'OUTSIDE/file' } : {}) });
    if (link.startsWith(`${SANDBOX}/`)) stage.write(`${SANDBOX}/organization.jsonl`, '');
    const ran = await stage.run(command);
    expect(ran.stderr).toMatch(/\blink\b.*\n.*\(git rm /);
    expect(ran.code).toBe(1);
    expect(written()).toEqual([]);
    expect(lstatSync(stage.file(link)).isSymbolicLink()).toBe(true);
  });

  it.each(['.motherduck', '.motherduck/secrets.env'])('secrets are: %s', async (link) => {
    const { stage, written } = repository(
      { [link]: 'OUTSIDE/victim' },
      { folders: link.endsWith('env') ? [] : ['victim'] },
    );
    const ran = await stage.json('apply --sandbox --yes --no-smoke');
    expect(ran).toMatchObject({ code: 1, document: { error: { code: 'STORE_UNUSABLE' } } });
    expect(ran.stderr).toContain('is a link that git tracks');
    expect(written()).toEqual([]);
  });

  it('secrets of rehearsed stores are', async () => {
    const { stage, written } = repository({ [`${SANDBOX}/stores`]: 'OUTSIDE/victim' });
    stage.write(`${SANDBOX}/organization.jsonl`, '');
    stage.edit((text) => text.replace(/^( {2}local:).*/m, '$1 { kind: exec, command: [put, "{account}.{token}"] }'));
    const ran = await stage.json('apply --sandbox --yes --no-smoke');
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stderr).toContain('is a link that git tracks');
    expect(written()).toEqual([]);
  });

  it.each(['my_db.duckdb', 'my_db.duckdb.wal', 'other.duckdb'])('a database is: %s', async (file) => {
    const { stage, written } = repository({ [`${SANDBOX}/databases/etl_prod/${file}`]: 'OUTSIDE/file' });
    stage.write(`${SANDBOX}/organization.jsonl`, '');
    const ran = await stage.run('apply --sandbox --yes');
    expect(ran.code).not.toBe(0);
    expect(ran.stdout + ran.stderr).toContain('is a link that git tracks');
    expect(written()).toEqual([]);
  });

  it('the backup of an older state is', async () => {
    const { stage, written } = repository({ [`${STATE}.v2.backup`]: 'OUTSIDE/file' });
    await stage.run('apply --sandbox --yes --no-smoke');
    stage.write(STATE, stage.read(STATE).replace('"version": 4', '"version": 2'));
    stage.edit((text) => text.replaceAll('90d', '80d'));
    const ran = await stage.run('apply --sandbox --yes --no-smoke');
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([1, expect.stringContaining('is a link that git tracks')]);
    expect(written()).toEqual([]);
  });

  it('the log of the sandbox is, committed or not', async () => {
    const { stage, written } = repository({ [`${SANDBOX}/organization.jsonl`]: 'OUTSIDE/file' });
    const ran = await stage.json('plan --sandbox');
    expect(ran).toMatchObject({ code: 1, document: { error: { code: 'SANDBOX_FAILED' } } });
    expect(ran.stderr).toContain('organization.jsonl is a link');
    expect(written()).toEqual([]);
  });

  it('init adds lines to .gitignore', async () => {
    const { stage, outside } = repository({});
    outside.write('profile', 'x\n');
    stage.remove(CONFIG);
    stage.remove('.gitignore');
    symlinkSync(outside.file('profile'), stage.file('.gitignore'));
    execFileSync('git', ['-C', stage.path, 'add', '.gitignore']);
    expect(await stage.run('init')).toMatchObject({ code: 1 });
    expect(outside.read('profile')).toBe('x\n');
  });

  it('a lock is, and it is named', async () => {
    for (const target of ['OUTSIDE/none', '/dev/zero']) {
      const { stage, written } = repository({ [`${STATE}.lock`]: target });
      for (const command of ['plan --sandbox', 'apply --sandbox --yes']) {
        const { code, stderr } = await stage.run(command);
        expect([code, stderr]).toEqual([1, expect.stringMatching(/\.lock .*\blink\b/)]);
      }
      expect(written()).toEqual([]);
    }
  });
});

describe.skipIf(isWindows)('a committed link is not read through', () => {
  it('to a configuration in another work tree', async () => {
    const { stage, outside } = repository({ infra: 'OUTSIDE/victim' });
    outside.write(`victim/${CONFIG}`, 'version: 1\nfound_outside: 1\n');
    mkdirSync(outside.file('victim/.git'));
    const { code, stdout, stderr } = await stage.run(`validate --config infra/${CONFIG}`);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/\blink\b/)]);
    expect(stdout + stderr).not.toContain('found_outside');
  });
});

describe.skipIf(isWindows)('a link of the user is followed', () => {
  it('that git does not track', async () => {
    const { stage, outside } = repository(
      { [STATE]: 'OUTSIDE/state.json', 'a.plan': 'OUTSIDE/a.plan' },
      { commit: false },
    );
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect((await stage.run('plan --sandbox --out a.plan')).code).toBe(0);
    expect([existsSync(outside.file('state.json')), existsSync(outside.file('a.plan'))]).toEqual([true, true]);
  });

  it('outside of any work tree', async () => {
    const [stage, outside] = [new Stage(), new Stage('')];
    symlinkSync(outside.file('state.json'), stage.file(STATE));
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect(JSON.parse(readFileSync(outside.file('state.json'), 'utf8'))).toMatchObject({
      organization: expect.any(String),
    });
  });
});

describe.skipIf(isWindows)('where git cannot tell', () => {
  it('a link is refused', async () => {
    const { stage, written } = repository({ [STATE]: 'OUTSIDE/file' });
    writeFileSync(stage.file('.git/index'), 'damaged');
    const ran = await stage.json('apply --sandbox --yes --no-smoke', { PATH: '' });
    expect(ran.code).toBe(1);
    expect(written()).toEqual([]);
    expect(ran.document).toMatchObject({ error: { code: 'LINK_REFUSED' } });
  });
});
