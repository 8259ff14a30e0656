/** The scripts that a store's command names: an edit of one is a change of the command. */
import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Stage } from '../stage.ts';

const configuration = (command: string) => `version: 1
organization: acme
secret_stores:
  vault: { kind: exec, command: ${command} }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: vault }
accounts:
  abc: { tokens: { app: p }, smoke: false }
`;

describe.each(['tracked', 'not tracked'])('an edit of a script that is %s is a change of the command', (how) => {
  it.each([
    ['named by a placeholder', '["./s/{account}.sh", "{token}"]', 's/abc.sh'],
    ['in a process substitution', '[bash, -c, "cat | tee >(./sub.sh {account}.{token}) >/dev/null"]', 'sub.sh'],
    ['in a command substitution after >', '[bash, -c, "cat >$(./sub.sh {account}.{token})"]', 'sub.sh'],
    ['in a folder to which a text changes', '[sh, -c, "cd s && ./cd.sh {account}.{token}"]', 's/cd.sh'],
    ['on a PATH of the command', '[env, "PATH=./bin:/bin", x.sh, "{account}.{token}"]', 'bin/x.sh'],
    ['without the extension', '[node, ./nodeput, "{account}.{token}"]', 'nodeput.js'],
    ['in a linked folder', '[sh, tools/put, "{account}.{token}"]', 'real/put'],
    ['after a shell', '[sh, ./put, "{account}.{token}"]', 'put'],
    ['after a shell with an option', '[sh, -eu, ./put, "{account}.{token}"]', 'put'],
    ['at the start of a text', '[sh, -c, "./put {account}.{token}"]', 'put'],
    ['with a space in quotes', `[sh, -c, '"./s/a b.sh" {account}.{token}']`, 's/a b.sh'],
    ['with a space after a backslash', `[sh, -c, './s/a\\ b.sh {account}.{token}']`, 's/a b.sh'],
    ['with quotes within', `[sh, -c, './s/"sub".sh {account}.{token}']`, 's/sub.sh'],
    ['over two lines', '[sh, -c, "./s/su\\\\\\nb.sh {account}.{token}"]', 's/sub.sh'],
    ['in the folder by its variable', `[sh, -c, '"$PWD/sub.sh" {account}.{token}']`, 'sub.sh'],
    ['in the folder by its command', `[sh, -c, '"$(pwd)/sub.sh" {account}.{token}']`, 'sub.sh'],
    ['in a folder in quotes', `[sh, -c, 'cd "a b" && ./cd.sh {account}.{token}']`, 'a b/cd.sh'],
    ['in a folder that is put on a stack', '[bash, -c, "pushd s; ./cd.sh {account}.{token}"]', 's/cd.sh'],
    ['on a PATH by the variable of the folder', `[sh, -c, 'PATH="$PWD/bin:$PATH" x.sh {account}.{token}']`, 'bin/x.sh'],
    ['in a folder of env', '[env, -C, s, ./cd.sh, "{account}.{token}"]', 's/cd.sh'],
    ['in a folder of env by a long option', '[env, --chdir=s, ./cd.sh, "{account}.{token}"]', 's/cd.sh'],
    ['in a folder that python runs', '[python3, tool, "{account}.{token}"]', 'tool/__main__.py'],
    ['without a space after its option', '[awk, -fs/put.sh, "{account}.{token}"]', 's/put.sh'],
  ])('%s', async (_, command, name) => {
    const stage = new Stage(configuration(command));
    const git = (...words: string[]) => execFileSync('git', words, { cwd: stage.path });
    stage.write(name, 'cat\n');
    if (name.endsWith('.sh')) chmodSync(stage.file(name), 0o755);
    symlinkSync('real', stage.file('tools'));
    git('init', '-q');
    if (how === 'tracked') git('add', name);
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    const warnings = async () => {
      const { document } = await stage.json('plan --sandbox');
      return (document as unknown as Plan).warnings.map(({ kind }) => kind);
    };
    expect(await warnings()).toEqual([]);
    git('add', name);
    expect(await warnings()).toEqual([]);
    const { document } = await stage.json('plan --sandbox');
    expect((document as unknown as Plan).stores?.find(({ store }) => store === 'vault')).toMatchObject({
      runs: [name],
    });
    stage.write(name, 'cat\n# edited\n');
    expect(await warnings()).toEqual(['command_changed']);
  });
});

it.each([
  ['make', '[make, -s, "{account}", "{token}"]'],
  ['a shell', '[sh, -s, "{account}.{token}"]'],
  ['a text', '[sh, -c, "cat | sh -s {account} {token}"]'],
  ['python', '[python3, "-", "{account}", "{token}"]'],
])('a saved plan can be applied where the names of a token come after an option of %s', async (_, command) => {
  const stage = new Stage(configuration(command));
  expect((await stage.run('plan --sandbox --out x.plan')).code).toBe(0);
  expect((await stage.run('apply x.plan --sandbox --yes')).code).toBe(0);
});

it('a change at the end of a large program is seen, and line breaks are not', async () => {
  const stage = new Stage(configuration('[./put.sh, "{account}/{token}"]'));
  const line = '# 56789abcdef012\n';
  const text = `${line.repeat((4 * 1024 * 1024) / line.length)}\n${line}`;
  stage.write('put.sh', text);
  chmodSync(stage.file('put.sh'), 0o755);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  for (const same of [text.replaceAll('\n', '\r\n'), text]) {
    stage.write('put.sh', same);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [] });
  }
  stage.write('put.sh', `${text}# more\n`);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [{ kind: 'command_changed' }] });
});

it('a script of a new account is no change of the command of others', async () => {
  const stage = new Stage(configuration('["./s/{account}.sh", "{token}"]'));
  for (const name of ['s/abc.sh', 's/new.sh']) {
    stage.write(name, '#!/bin/sh\ncat\n');
    chmodSync(stage.file(name), 0o755);
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
  }
});
