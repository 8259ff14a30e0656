import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { expectGolden, expectGoldenError } from '../golden/golden.ts';
import { isWindows } from '../platform.ts';
import { all, BASE, desired, expectText, findings, folderOf, load, MAIN, textOf } from './loading.ts';

const main = (include: string, more = ''): string =>
  `${BASE}include: ${include}\n${more}accounts:\n  abc: { tokens: { a: app } }\n`;
const one = (name: string): string => `accounts:\n  ${name}: { tokens: { a: app } }\n`;

describe('include', () => {
  test.each<[string, string, string[]]>([
    ['a name', '[a.yaml]', ['abc', 'a_a']],
    ['a glob, in alphabetical order', '["teams/*.yaml"]', ['abc', 't_1', 't_2']],
    ['a glob over folders', '["**/*.yaml"]', ['abc', 'a_a', 'd_d', 't_1', 't_2']],
    ['braces', '["teams/{one,two}.yaml"]', ['abc', 't_1', 't_2']],
    ['the order of the patterns', '["teams/two.yaml", a.yaml]', ['abc', 't_2', 'a_a']],
    ['a file named twice, once', '[a.yaml, ./a.yaml, "*.yaml"]', ['abc', 'a_a']],
    ['not the main file itself', '["*.yaml"]', ['abc', 'a_a']],
  ])('takes %s', async (_name, include, accounts) => {
    const files = {
      [MAIN]: main(include),
      'a.yaml': one('a_a'),
      'teams/one.yaml': one('t_1'),
      'teams/two.yaml': one('t_2'),
      'teams/deep/er.yaml': one('d_d'),
      'teams/readme.md': '# no YAML',
      'node_modules/x.yaml': 'no: good',
      '.hidden/x.yaml': 'no: good',
    };
    expect([...(await desired(files)).accounts.keys()]).toEqual(accounts);
  });

  test('takes policies, pools and templates too, used from anywhere', async () => {
    const files = {
      [MAIN]: main('[a.yaml, b.yaml]'),
      'a.yaml': 'templates:\n  t: { ducklings: p, tokens: { x: q } }\n',
      'b.yaml': `token_policies:\n  q: { type: read_scaling, ttl: 9d, rotate_before: 3d, overlap: 1d, secret_store: local }\nduckling_pools:\n  p: { read_write: { size: jumbo } }\naccounts:\n  b_b: { template: t }\n`,
    };
    const account = (await desired(files)).accounts.get('b_b');
    expect(account).toMatchObject({ location: { file: 'b.yaml' }, ducklings: { location: { file: 'a.yaml' } } });
    expect(account?.tokens.get('x')).toMatchObject({ type: 'read_scaling', location: { file: 'a.yaml', line: 2 } });
  });

  test('takes an empty file', async () => {
    expect(await findings({ [MAIN]: main('[a.yaml]'), 'a.yaml': '# nobody yet\n' })).toEqual([]);
  });

  test('a file that does not exist is an error, a glob that matches nothing a warning', async () => {
    expect(await findings(main('[a.yaml, "b/*.yaml"]'))).toEqual([
      'include-missing 8 a.yaml',
      'warning include-nothing 8 "b/*.yaml"',
    ]);
    await expectText('an included file that does not exist', main('[a.yaml]'));
  });

  test.each(['Repo1/Repo1', 'q8Zk2LmP4xT7vB9nR3/a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0'])(
    'the folder of the configuration is said whole, whatever it looks like: %s',
    async (name) => {
      const secret = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a';
      const folder = path.join(folderOf({ [`${name}/${MAIN}`]: main(`["/etc/${secret}/*.conf", "no/*.yaml"]`) }), name);
      const loaded = await loadConfig(path.join(folder, MAIN), {});
      const found = [...(loaded.ok ? [] : loaded.diagnostics), ...loaded.warnings];
      const about = found.filter(({ code }) => code.startsWith('include-'));
      expect(about.map(({ hint }) => hint)).toEqual([
        `put the file itself into "${folder}"`,
        `globs start in "${folder}", the folder of the configuration`,
      ]);
      expect(JSON.stringify(found)).not.toContain(secret);
    },
  );

  test('with a file missing, nothing is said about names that it may hold', async () => {
    expect(await findings(main('[a.yaml]').replace('a: app', 'a: elsewhere'))).toEqual(['include-missing 8 a.yaml']);
    const broken = { [MAIN]: main('[a.yaml]').replace('a: app', 'a: elsewhere'), 'a.yaml': 'x: [\n' };
    expect((await findings(broken)).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'a.yaml: yaml-syntax',
    ]);
  });

  describe('takes only .yaml and .yml, so that no line of a secrets file is shown', () => {
    const secrets = 'MOTHERDUCK_TOKEN_A: "s3cret\nB: [s3cret\n';
    const teams = {
      'teams/a.yaml': one('a_a'),
      'teams/b.yml': one('b_b'),
      'teams/secrets.env': secrets,
      'teams/notes': 'x',
    };

    test('a glob takes those and nothing else', async () => {
      for (const glob of ['teams/*', '**', 'teams/{a,b,secrets}.*']) {
        const loaded = await load({ [MAIN]: main(`["${glob}"]`), ...teams });
        expect([glob, textOf(loaded), loaded.files]).toEqual([glob, '', [MAIN, 'teams/a.yaml', 'teams/b.yml']]);
      }
    });

    test('a glob that meets only others says so', async () => {
      const files = { [MAIN]: main('["teams/*.env"]'), ...teams };
      expect(await findings(files)).toEqual(['warning include-nothing 8 "teams/*.env"']);
      await expectText('a glob that meets only others says so', files);
    });

    test('a file named by itself must be one', async () => {
      const files = { [MAIN]: main('[teams/secrets.env, teams, teams/missing.txt]'), ...teams };
      const loaded = await load(files);
      expect(all(loaded).map(({ code }) => code)).toEqual(Array(3).fill('include-ending'));
      await expectText('included files of another ending', files);
      expect(JSON.stringify(loaded)).not.toContain('s3cret');
    });

    test.each(['[teams/secrets.yaml]', '["teams/*"]'])(
      'a secrets file that ends so is not read: %s',
      async (include) => {
        const yaml = main(include).replace('path: secrets.env', 'path: teams/secrets.yaml');
        const folder = folderOf({ [MAIN]: yaml, 'teams/secrets.yaml': secrets });
        const loaded = await loadConfig(path.join(folder, MAIN), {});
        expect(all(loaded)).toMatchObject([
          {
            code: 'store-path',
            message: expect.stringContaining('"teams/secrets.yaml"'),
            location: { line: 4 },
            related: { location: { line: 8 } },
          },
        ]);
        expect(loaded.sources.size).toBe(1);
        expect(textOf(loaded)).not.toContain('s3cret');
      },
    );
  });

  test('an included file cannot include, nor hold what only the main file may', async () => {
    const files = {
      [MAIN]: main('[a.yaml]'),
      'a.yaml': 'version: 1\ninclude: [b.yaml]\nguardrails: {}\nacounts: {}\n',
    };
    expect(await findings(files)).toEqual([
      'a.yaml: unknown-key 1 version',
      'a.yaml: unknown-key 2 include',
      'a.yaml: unknown-key 3 guardrails',
      'a.yaml: unknown-key 4 acounts',
    ]);
    await expectText('an included file that holds what only the main file may', files);
  });

  test('errors of all files stand together, the main file first', async () => {
    const files = { [MAIN]: main('[z.yaml, a.yaml]', 'x: 1\n'), 'a.yaml': 'y: 1\n', 'z.yaml': 'b: [\n' };
    const found = await findings(files);
    expect(found.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'unknown-key 9 x',
      'z.yaml: yaml-syntax 1',
      'a.yaml: unknown-key 1',
    ]);
  });

  test('a name is repeated over files, and accounts that differ in case', async () => {
    const files = {
      [MAIN]: main('[a.yaml, b.yaml]'),
      'a.yaml': one('abc'),
      'b.yaml': `${one('ABC')}token_policies: { app: {} }\n`,
    };
    expect(await findings(files)).toEqual([
      'a.yaml: duplicate-name 2 abc',
      'b.yaml: duplicate-account 2 ABC',
      'b.yaml: duplicate-name 3 app',
    ]);
    const loaded = await load(files);
    expect(loaded.ok ? [] : loaded.diagnostics.map(({ related }) => related?.location)).toEqual([
      { file: MAIN, line: 10, column: 3 },
      { file: MAIN, line: 10, column: 3 },
      { file: MAIN, line: 6, column: 3 },
    ]);
  });

  test.skipIf(isWindows)('a folder, a pipe and a link into nowhere are no files to include', async () => {
    const folder = folderOf({ [MAIN]: main('[dir.yaml, pipe.yaml, link.yaml]') });
    mkdirSync(path.join(folder, 'dir.yaml'));
    execFileSync('mkfifo', [path.join(folder, 'pipe.yaml')]);
    symlinkSync('nowhere', path.join(folder, 'link.yaml'));
    const loaded = await loadConfig(path.join(folder, MAIN), {});
    const messages = loaded.ok ? [] : loaded.diagnostics.map(({ message }) => message);
    expect(messages.map((message) => message.match(/"(.*?)"/)?.[1])).toEqual(['dir.yaml', 'pipe.yaml', 'link.yaml']);
    expectGolden('configuration', 'included files that are none', messages.join('\n'));
  });

  test('files above the main one can only be included within a git work tree', async () => {
    const folder = folderOf({ 'shared.yaml': one('s_s'), [`prod/${MAIN}`]: main('[../shared.yaml, "../*.yaml"]') });
    const refused = await loadConfig(path.join(folder, 'prod', MAIN), {});
    expect(all(refused).map(({ code }) => code)).toEqual(['include-outside', 'include-outside']);
    expect(refused.files).toEqual([path.join(folder, 'prod', MAIN)]);
    mkdirSync(path.join(folder, '.git'));
    const loaded = await loadConfig(path.join(folder, 'prod', MAIN), {});
    expect(loaded.files).toEqual([path.join(folder, 'prod', MAIN), path.join(folder, 'shared.yaml')]);
  });

  test.skipIf(isWindows).each(['link.yaml', '"*.yaml"', 'linked/b.yaml', '"linked/*.yaml"', 'real/../linked/b.yaml'])(
    'no link is followed, wherever it leads: %s',
    async (include) => {
      const folder = folderOf({ [MAIN]: main(`[${include}]`), 'real/b.yaml': 's3cret: [s3cret\n' });
      symlinkSync('real/b.yaml', path.join(folder, 'link.yaml'));
      symlinkSync('real', path.join(folder, 'linked'));
      const loaded = await loadConfig(path.join(folder, MAIN), {});
      expect(all(loaded).map(({ code }) => code)).toEqual(['include-link']);
      expect(loaded.files).toHaveLength(1);
      expect(textOf(loaded)).not.toContain('s3cret');
    },
  );
});

describe('in a git work tree', () => {
  const secret = 'key: [s3cret\n';
  /** A work tree `repo` with the main file in a folder of it, and a file beside the tree. */
  const tree = (include: string): string => {
    const folder = folderOf({
      [`repo/conf/${MAIN}`]: main(include),
      'repo/shared.yaml': one('s_s'),
      'outside.yaml': secret,
      credentials: secret,
    });
    mkdirSync(path.join(folder, 'repo/.git'));
    return folder;
  };
  const found = async (folder: string) => {
    const loaded = await loadConfig(path.join(folder, 'repo/conf', MAIN), {});
    expect(JSON.stringify([...loaded.sources.values(), ...all(loaded)])).not.toContain('s3cret');
    return all(loaded).map(({ code, message }) => `${code} ${/"([^"]*)"/.exec(message)?.[1]}`);
  };

  test('files above the main one can be included, as far as the tree goes', async () => {
    expect(await found(tree('[../shared.yaml, "../*.yaml"]'))).toEqual([]);
  });

  test.each([
    '../../outside.yaml',
    '../../*.yaml',
    '../../absent.yaml',
    '../../none/*.yaml',
    '../../credentials',
    '/etc/x.yaml',
  ])('a file that is not in it is not even looked at: %s', async (include) => {
    expect(await found(tree(`["${include}"]`))).toEqual([`include-outside ${include}`]);
  });

  test.each(['c.yaml', '"*.yaml"', 'linked/outside.yaml', '"linked/*.yaml"', 'gone.yaml'])(
    'a link that leads out of it is not followed: %s',
    async (include) => {
      const folder = tree(`[${include}]`);
      symlinkSync('../../credentials', path.join(folder, 'repo/conf/c.yaml'));
      symlinkSync('../..', path.join(folder, 'repo/conf/linked'));
      symlinkSync('../../absent', path.join(folder, 'repo/conf/gone.yaml'));
      const outside = await found(folder);
      expect(outside).toContain(`include-link ${include === '"*.yaml"' ? 'c.yaml' : include.replaceAll('"', '')}`);
      expect(outside.filter((line) => !line.startsWith('include-link'))).toEqual([]);
    },
  );

  test('what the environment names is not shown', async () => {
    const folder = tree('["${WHERE}"]');
    const loaded = await loadConfig(path.join(folder, 'repo/conf', MAIN), { WHERE: '../../outside.yaml' });
    expect(all(loaded)).toMatchObject([
      { code: 'include-variable', message: expect.stringMatching(/"\$\{WHERE\}"(?!.*outside\.yaml)/) },
    ]);
  });

  test('the main file cannot be a link that leads out either, nor stand behind one', async () => {
    const folder = tree('[]');
    symlinkSync('../../credentials', path.join(folder, 'repo/conf/link.yaml'));
    symlinkSync('..', path.join(folder, 'repo/up'));
    for (const name of ['conf/link.yaml', 'up/outside.yaml']) {
      const refused: unknown = await loadConfig(path.join(folder, 'repo', name), {}).catch((reason) => reason);
      expect(refused).toMatchObject({ code: 'CONFIG_INVALID' });
      expectGoldenError(`the main file cannot be a link that leads out > ${name}`, refused);
    }
  });

  test('a tree that is reached by a link is one all the same', async () => {
    const folder = tree('[../shared.yaml]');
    symlinkSync('repo', path.join(folder, 'way'));
    expect(all(await loadConfig(path.join(folder, 'way/conf', MAIN), {}))).toEqual([]);
  });
});

describe('with git', () => {
  const repository = (files: Record<string, string>): string => {
    const folder = folderOf(files);
    execFileSync('git', ['init', '--quiet', folder]);
    return folder;
  };
  const codesOf = async (file: string): Promise<string[]> => {
    const loaded = await loadConfig(file, {});
    expect(JSON.stringify([...loaded.sources.values(), ...all(loaded)])).not.toContain('s3cret');
    return all(loaded).map(({ code, message }) => `${code} ${/"([^"]*)"/.exec(message)?.[1]}`);
  };
  const secret = 'a: [s3cret\n';

  test('what git ignores is not read, unless it is tracked', async () => {
    const files = { '.gitignore': 'private/\n*.local.yaml\n', 'private/a.yaml': secret, 'b.local.yaml': secret };
    const include = '[private/a.yaml, "*.local.yaml", "team/*.yaml", kept.local.yaml]';
    const folder = repository({ ...files, [MAIN]: main(include), 'team/c.yaml': one('c_c'), 'kept.local.yaml': '' });
    execFileSync('git', ['-C', folder, 'add', '--force', 'kept.local.yaml']);
    expect(await codesOf(path.join(folder, MAIN))).toEqual([
      'include-ignored private/a.yaml',
      'include-ignored b.local.yaml',
    ]);
    await expect(loadConfig(path.join(folder, 'private/a.yaml'), {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('git ignores it'),
    });
  });

  test.each(['.git/x.yaml', '".git/*.yaml"', '.GIT/x.yaml', 'sub/../.git/x.yaml', 'sub/.git/y.yaml'])(
    'nothing of a repository itself is read: %s',
    async (include) => {
      const folder = repository({ [MAIN]: main(`[${include}]`) });
      for (const name of ['.git/x.yaml', 'sub/.git/y.yaml']) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), secret);
      }
      expect(await codesOf(path.join(folder, MAIN))).toEqual([`include-outside ${include.replaceAll('"', '')}`]);
      await expect(loadConfig(path.join(folder, '.git/x.yaml'), {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );

  test('a file of which git cannot tell is not read', async () => {
    const folder = repository({ [MAIN]: main('[sub/a.yaml, b.yaml]'), 'sub/a.yaml': secret, 'b.yaml': secret });
    // A submodule that is not there: its folder is the repository's business.
    const entry = `160000,${'1'.repeat(40)},sub`;
    execFileSync('git', ['-C', folder, 'update-index', '--add', '--cacheinfo', entry]);
    expect(await codesOf(path.join(folder, MAIN))).toEqual(['include-ignored sub/a.yaml', 'include-ignored b.yaml']);
  });

  test.skipIf(isWindows)('a main file that is a link, or behind one, is not read', async () => {
    const folder = repository({ 'real/x.yaml': secret });
    symlinkSync('.git/config', path.join(folder, MAIN));
    symlinkSync('real', path.join(folder, 'linked'));
    for (const name of [MAIN, 'linked/x.yaml'])
      await expect(loadConfig(path.join(folder, name), {})).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/\blink\b/),
      });
  });
});

describe('the hash', () => {
  const files = { [MAIN]: main('[a.yaml]', `ignore: ["\${X}"]\n`), 'a.yaml': one('a_a') };
  const hash = async (changed: Record<string, string>, env: NodeJS.ProcessEnv) =>
    (await desired({ ...files, ...changed }, env)).hash;

  test('is the same for the same files and values, wherever they are', async () => {
    expect(await hash({}, { X: '1', UNUSED: '1' })).toBe(await hash({}, { X: '1', UNUSED: '2' }));
    expect(await hash({}, { X: '1' })).toMatch(/^[0-9a-f]{64}$/);
  });

  test('changes with every file, name and value', async () => {
    const all = [
      await hash({}, { X: '1' }),
      await hash({}, { X: '2' }),
      await hash({ [MAIN]: `${files[MAIN]}\n` }, { X: '1' }),
      await hash({ 'a.yaml': `${files['a.yaml']} ` }, { X: '1' }),
      await hash({ [MAIN]: files[MAIN].replace('a.yaml', 'b.yaml'), 'b.yaml': files['a.yaml'] }, { X: '1' }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

test('the same file in a different place is read where it is', async () => {
  const folder = folderOf({ [MAIN]: BASE });
  writeFileSync(path.join(folder, 'other.yaml'), BASE.replace('acme', 'other'));
  const loaded = await loadConfig(path.join(folder, 'other.yaml'), {});
  expect(loaded.ok && [loaded.desired.organization, loaded.desired.file]).toEqual([
    'other',
    path.join(folder, 'other.yaml'),
  ]);
  const local = loaded.ok ? loaded.desired.stores.get('local') : undefined;
  expect(local).toMatchObject({ kind: 'file', path: path.join(folder, 'secrets.env') });
});
