/** Adopting an organization through the command line. */
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import type { Ran } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';

const CONFIG = 'motherduck.accounts.yaml';
const STATE = 'motherduck.accounts.state.json';
const COMMENTED = `# Ours, by hand.
version: 1
organization: acme
secret_stores:
    local:   { kind: file, path: .motherduck/secrets.env, format: dotenv }   # for now

accounts: {}   # none yet
# The end.
`;

/** A folder without a configuration, as where someone begins. */
function emptyFolder(): Stage {
  const folder = new Stage('');
  folder.remove(CONFIG);
  return folder;
}

/** What a command said in the end. */
function lastLine({ stdout }: Ran): string {
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}

async function plan(folder: Stage): Promise<Ran> {
  return folder.run('plan --sandbox --detailed-exitcode');
}

/** Every file of a folder with its content, the sandbox's own left out. */
function contents(folder: Stage): Record<string, string> {
  const names = readdirSync(folder.path).filter((name) => statSync(folder.file(name)).isFile());
  return Object.fromEntries(names.map((name) => [name, folder.read(name)]));
}

describe('an organization of 500 accounts', () => {
  it('is taken over in three commands, and lives on by its policies', async () => {
    const folder = emptyFolder();
    await folder.run('sandbox seed 500');
    const begun = await folder.run('init --from-live --organization acme --sandbox --yes');
    expect(begun.code).toBe(0);
    const outcome = begun.stdout.split('\n\n').at(-1) ?? '';
    expect(outcome).toMatch(/^[^\n]*\b500 accounts and 1000 tokens\b[^\n]*\bmotherduck\.accounts\.yaml\.\n$/);
    expectGolden('reports', 'init --from-live, of 500 accounts', outcome + begun.stderr);
    expect(folder.read('.gitignore')).toContain('.motherduck/\n');
    expect(await folder.run('validate')).toMatchObject({ code: 0, stderr: '' });
    expect(await plan(folder)).toMatchObject({ code: 0 });

    const before = contents(folder);
    expect(await folder.run('import --all --sandbox --yes')).toMatchObject({
      code: 0,
      stdout: 'Nothing to import.\n',
      stderr: '',
    });
    expect(await folder.json('apply --sandbox --yes')).toMatchObject({ code: 0, document: { actions: [] } });
    expect(contents(folder)).toEqual(before);
    expect(before[STATE]).toContain('"secret": "unknown"');

    await folder.run('sandbox advance 77d');
    const later = await plan(folder);
    expect(later.code).toBe(2);
    const { document } = await folder.json('plan --sandbox');
    expect(document).toMatchObject({ summary: { tokens: { create: 0, rotate: 1000, revoke: 0 } } });
  }, 120_000);

  it.skipIf(isWindows)(
    'goes into a configuration that is there, whose lines stay',
    async () => {
      const folder = new Stage(COMMENTED);
      await folder.inSandbox((organization) => organization.seed(500));
      const dry = await folder.run('import --all --sandbox --dry-run');
      expect(dry).toMatchObject({ code: 0, stderr: '' });
      const outcome = dry.stdout.split('\n\n').at(-1) ?? '';
      expect(outcome).toMatch(/^[^\n]*\b500 accounts and 1000 tokens\b[^\n]*\bmotherduck\.accounts\.yaml;[^\n]*\n$/);
      expectGolden('reports', 'import --dry-run, of 500 accounts', outcome);
      expect(contents(folder)).toEqual({ [CONFIG]: COMMENTED });

      chmodSync(folder.file(CONFIG), 0o640);
      const imported = await folder.run('import --all --sandbox --yes');
      expect(imported.code).toBe(0);
      expect(imported.stdout.split('\nWould')[0]?.split('\nImported')[0]).toBe(dry.stdout.split('\nWould')[0]);
      const removed = imported.stdout.split('\n').filter((line) => /^-(?!--)/.test(line));
      expect(removed).toEqual(['-accounts: {}   # none yet']);
      expect(folder.read(CONFIG)).toContain('\naccounts:   # none yet\n    tenant_00001: { ');
      expect(statSync(folder.file(CONFIG)).mode & 0o777).toBe(0o640);
      expect((await plan(folder)).code).toBe(0);
    },
    120_000,
  );
});

describe('an import', () => {
  it('asks first: without a terminal and without --yes nothing is done', async () => {
    const folder = new Stage(COMMENTED);
    await folder.inSandbox((organization) => organization.seed(1));
    const ran = await folder.run('import --all --sandbox');
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('+    tenant_00001:\n');
    expect(ran.stdout).not.toContain('Imported');
    expectGolden('errors', 'import, without a terminal and without --yes', ran.stderr);
    expect(contents(folder)).toEqual({ [CONFIG]: COMMENTED });
  });

  it('says what it skipped and why, and which lifetimes differ', async () => {
    const folder = new Stage(COMMENTED);
    await folder.inSandbox(async (organization) => {
      await organization.seed(1);
      for (const name of ['evil\u001b[2J', 'app.2', 'forever'])
        await organization.mint({ username: 'tenant_00001', name, type: 'read_scaling' });
    });
    const ran = await folder.run('import tenant_00001 --sandbox --yes');
    const outcome = ran.stdout.split('\n\n').at(-1) ?? '';
    expectGolden('reports', 'import, with tokens that are skipped', outcome + ran.stderr, {
      id: /(?<=\()[0-9a-f-]{36}(?=\))/g,
    });
    expect(ran.stderr).not.toContain('\u001b');
    expect((await plan(folder)).code).toBe(0);
    const rotated = await folder.run('rotate tenant_00001/forever --sandbox --yes --no-smoke');
    expect(rotated.stdout).toContain('forever -> forever.2');
  });

  it('keeps saved plans and a sandbox out of git, also where all stores run programs, and adds no line twice', async () => {
    const folder = new Stage(
      'version: 1\norganization: acme\nsecret_stores:\n  mine: { kind: exec, command: [tee, "{account}.{token}"] }\n',
    );
    folder.write('.gitignore', 'node_modules/\n');
    await folder.inSandbox((organization) => organization.seed(1));
    expect((await folder.run('import --all --sandbox --yes')).code).toBe(0);
    const ignored = folder.read('.gitignore');
    for (const line of ['node_modules/', '.motherduck/', '*.plan']) expect(ignored).toContain(`${line}\n`);
    expect((await folder.run('import --all --sandbox --yes')).code).toBe(0);
    expect(folder.read('.gitignore')).toBe(ignored);
  });

  it('names the accounts of a starter file, which nobody has', async () => {
    const folder = emptyFolder();
    await folder.inSandbox((organization) => organization.seed(1));
    await folder.run('init');
    const { stderr } = await folder.run('import --all --sandbox --yes');
    const [, line] = /my_pipeline \(line (\d+)\)/.exec(stderr) ?? [];
    expect(folder.read().split('\n')[Number(line) - 1]).toMatch(/^ {2}my_pipeline:/);
    expect((await folder.run('import --all --sandbox --yes')).stderr).not.toContain('my_pipeline');
  });

  it('brings a secret store where there is none, and keeps it out of git', async () => {
    const folder = new Stage('version: 1\norganization: acme\n');
    await folder.inSandbox((organization) => organization.seed(1));
    expect((await folder.run('import tenant_00001/etl --sandbox --yes')).code).toBe(0);
    expect(folder.read('.gitignore')).toContain('.motherduck/\n');
    expect((await plan(folder)).code).toBe(0);
    expect((await folder.run('rotate tenant_00001 --sandbox --yes --no-smoke')).code).toBe(0);
    expect(folder.read('.motherduck/secrets.env')).toContain('MOTHERDUCK_TOKEN_TENANT_00001_ETL=');
  });

  it.each<[string, number, readonly string[]]>([
    ['import --sandbox', 64, ['mdacc import --all']],
    ['import --all tenant_00001 --sandbox', 64, ['--all']],
    ['import / --sandbox', 64, ['"/"']],
    ['import tenant_0001 --sandbox', 64, ['"tenant_00001"?']],
    ['import sandbox_admin --sandbox', 1, ['sandbox_admin']],
    ['import --all --store vault --sandbox', 64, ['"vault"', ': local']],
    ['import --all --into other.yaml --sandbox', 64, ['other.yaml', CONFIG]],
    ['import --all --config other.yaml --sandbox', 1, ['"other.yaml"']],
    ['import --all', 1, ['MOTHERDUCK_ADMIN_TOKEN']],
  ])('mdacc %s exits with %i', async (words, code, names) => {
    const folder = new Stage(COMMENTED);
    await folder.inSandbox((organization) => organization.seed(1));
    const ran = await folder.run(words);
    expect(ran.code).toBe(code);
    for (const name of names) expect(ran.stderr).toContain(name);
    expectGolden('errors', `wrong usage > mdacc ${words}`, ran.stderr);
    expect(contents(folder)).toEqual({ [CONFIG]: COMMENTED });
  });

  it('refuses a configuration with errors, and shows them', async () => {
    const folder = new Stage(COMMENTED.replace('accounts:', 'acounts:'));
    const ran = await folder.run('import --all --sandbox --yes');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^motherduck\.accounts\.yaml:\d+:1: .*"acounts"/m);
    expect(ran.stderr).toContain('"accounts"?');
  });

  it('of a file that cannot be written says so, and a later one does it', async () => {
    const folder = new Stage(COMMENTED.replace('# The end.', 'include: [teams/bi.yaml]'));
    folder.write('teams/bi.yaml', 'accounts: {}\n');
    await folder.inSandbox((organization) => organization.seed(1));
    // Root may write into any folder: a folder in the place of the temporary file's target stands for what it may not.
    const env = { NODE_OPTIONS: `--require ${hook('read-only.cjs')}`, READ_ONLY: folder.file('teams') };
    const ran = await folder.runProgram('import --all --into teams/bi.yaml --sandbox --yes', env);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/teams\/bi\.yaml .*\(EACCES\)/);
    expectGolden('errors', 'import > of a file that cannot be written', ran.stderr);
    expect(folder.has(STATE)).toBe(false);
    expect((await folder.run('import --all --into teams/bi.yaml --sandbox --yes')).code).toBe(0);
    expect((await plan(folder)).code).toBe(0);
  });
});

function hook(name: string): string {
  return JSON.stringify(fileURLToPath(new URL(`../crash/${name}`, import.meta.url)));
}

describe('an import that is killed', () => {
  it.each(['torn', 'before', 'after'].flatMap((when) => [['yaml', when] as const, ['state', when] as const]))(
    'at the write of the %s (%s) has done no harm: the next plan only adopts, and the next import ends it',
    async (what, when) => {
      const folder = new Stage(COMMENTED);
      await folder.inSandbox((organization) => organization.seed(2));
      const files = { [CONFIG]: 'yaml', [STATE]: 'state' };
      const CRASH_HOOK = JSON.stringify({ log: folder.file('steps'), files, kill: { what, when, at: 1 } });
      const killed = await folder.runProgram('import --all --sandbox --yes', {
        NODE_OPTIONS: `--require ${hook('file-hook.cjs')}`,
        CRASH_HOOK,
      });
      expect(killed.code).toBe(null);
      const isWritten = what === 'state' || when === 'after';
      const isAdopted = what === 'state' && when === 'after';
      expect(folder.read(CONFIG) === COMMENTED).toBe(!isWritten);
      const planned = await plan(folder);
      expect(planned.code).toBe(isWritten && !isAdopted ? 2 : 0);
      const nothing = { create: 0, adopt: 0, forget: 0 };
      const adopt = isWritten && !isAdopted ? { accounts: 2, tokens: 4 } : { accounts: 0, tokens: 0 };
      expect((await folder.json('plan --sandbox')).document).toMatchObject({
        summary: {
          accounts: { ...nothing, change: 0, delete: 0, adopt: adopt.accounts },
          tokens: { ...nothing, rotate: 0, revoke: 0, adopt: adopt.tokens },
        },
      });
      const again = await folder.run('import --all --sandbox --yes');
      expect(again.code).toBe(0);
      expectGolden('reports', `import, after one that was killed at > ${what} > ${when}`, lastLine(again));
      expect((await plan(folder)).code).toBe(0);
    },
  );
});

describe('init --from-live', () => {
  it('overwrites nothing: no configuration, and no state of one', async () => {
    const folder = new Stage(COMMENTED);
    await folder.inSandbox((organization) => organization.seed(1));
    const exists = await folder.run('init --from-live --sandbox --yes');
    expect(exists).toMatchObject({ code: 1, stdout: '' });
    expectGolden('errors', 'init > overwrites nothing: no configuration', exists.stderr);
    await folder.run('import --all --sandbox --yes');
    folder.remove(CONFIG);
    const state = await folder.run('init --from-live --sandbox --yes');
    expect(state.code).toBe(1);
    expect(state.stderr).toContain(STATE);
    expectGolden('errors', 'init > overwrites nothing: no configuration, and no state of one', state.stderr);
    expect(folder.has(CONFIG)).toBe(false);
  });

  it('writes nothing on a dry run, and asks otherwise', async () => {
    const folder = emptyFolder();
    await folder.inSandbox((organization) => organization.seed(1));
    const dry = await folder.run('init --from-live --sandbox --dry-run --organization acme');
    expect(dry.stdout).toContain('+++ motherduck.accounts.yaml\n@@ -0,0 +1,');
    expectGolden('reports', 'init --from-live --dry-run', lastLine(dry));
    expect((await folder.run('init --from-live --sandbox')).stderr).toContain('--organization NAME');
    expect(contents(folder)).toEqual({});
  });

  it('says how to fill an empty sandbox, with the options as they were typed', async () => {
    const folder = emptyFolder();
    const begun = await folder.run('init --from-live --sandbox-dir lab --yes --organization acme');
    expect(begun.stderr).toContain('mdacc sandbox seed 3 --sandbox-dir lab\n');
    expect((await folder.run('sandbox seed 3 --sandbox-dir lab')).code).toBe(0);
    const imported = await folder.run('import --all --sandbox-dir lab --yes');
    expect([imported.code, imported.stderr.includes('sandbox seed')]).toEqual([0, false]);
  });

  it('takes a name of any letters for the organization, and refuses one that no configuration may have', async () => {
    const folder = emptyFolder();
    const ran = await folder.run(['init', '--organization', 'Ärger & "Söhne" $1']);
    expect(ran.code).toBe(0);
    expect((await folder.run('validate')).code).toBe(0);
    expect((await folder.run('plan --sandbox')).stdout).toContain('Ärger & "Söhne" $1, ');
    folder.remove(CONFIG);
    const refused = await folder.run(['init', '--organization', 'a\nb']);
    expect(refused.code).toBe(1);
    expect(folder.has(CONFIG)).toBe(false);
  });
});
