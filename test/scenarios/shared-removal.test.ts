/** A `remove` command that would remove what another store or another token has at the same path: it is not run. */
import { chmodSync, existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const REAL = '--sandbox --real-stores --yes';
const PROGRAM = `const [how, path] = process.argv.slice(2);
const name = path.split('/').at(-1);
const fs = require('node:fs');
fs.appendFileSync('ran', how + ' ' + name + '\\n');
if (how === 'rm') fs.rmSync('vault-' + name, { force: true });
else fs.writeFileSync('vault-' + name, fs.readFileSync(0));
`;
const store = (name: string, remove = '"{account}", "{token}"', more = '') =>
  `  ${name}: { kind: exec, command: [node, vault.cjs, put, "{account}-{token}"${more}], remove: [node, vault.cjs, rm, ${remove}] }`;
const configuration = (stores: readonly string[], into: string, tokens = '{ app: p }') => `version: 1
organization: acme
secret_stores:
${stores.join('\n')}
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: ${into} }
accounts:
  etl: { deletion_protection: false, tokens: ${tokens} }
guardrails: { max_deletes: 1 }
`;

async function applied(yaml: string): Promise<Stage> {
  const stage = new Stage(yaml);
  stage.write('vault.cjs', PROGRAM);
  expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
  return stage;
}
const has = (stage: Stage, token = 'app') => existsSync(stage.file(`vault-etl-${token}`));

const PLACE = '"{account}-{token}"';
const SAME = [store('a', PLACE), store('b', PLACE, ', --flag')];

describe('a secret in use stays where a store with the same `remove`', () => {
  it.each([
    ['was left', 'a', 'b'],
    ['was one of two', '[a, b]', 'b'],
  ])('%s', async (_, before, after) => {
    const stage = await applied(configuration(SAME, before));
    stage.edit(() => configuration(SAME, after));
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    await stage.run('sandbox advance 2d');
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(true);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], removals: [] });
    expect(stage.read('ran')).not.toContain('rm');
    stage.edit((yaml) => yaml.replace(/^ {2}etl: .*$/m, '  etl: { deletion_protection: false }'));
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(false);
  });

  it('was left with a leak', async () => {
    const stage = await applied(configuration(SAME, 'a'));
    stage.edit(() => configuration(SAME, 'b'));
    expect((await stage.run(`rotate etl/app --revoke-old ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(true);
  });
});

describe('a secret in use stays, and the plan says so, where the new store may have the same path', () => {
  const without = (name: string, more = '') =>
    `  ${name}: { kind: exec, command: [node, vault.cjs, put, "{account}-{token}"${more}] }`;
  it.each([
    ['has an input and no `remove`', without('b').replace(' }', ', input: "{secret}" }')],
    ['has one more flag and no `remove`', without('b', ', --flag')],
    ['has one more flag in its `remove`', store('b', `${PLACE}, --flag`, ', --flag')],
  ])('%s', async (_, b) => {
    const stage = await applied(configuration([store('a', PLACE), b], 'a'));
    stage.edit(() => configuration([store('a', PLACE), b], 'b'));
    expect((await stage.run(`rotate etl/app --revoke-old ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(true);
    expect(stage.read('ran')).not.toContain('rm');
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(true);
  });

  it('is a warning of the plan, and no removal', async () => {
    const stage = await applied(configuration([store('a', PLACE), without('b', ', --flag')], '[a, b]'));
    stage.edit(() => configuration([store('a', PLACE), without('b', ', --flag')], 'b'));
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    await stage.run('sandbox advance 2d');
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      actions: [{ action: 'revoke_token' }],
      removals: [],
      warnings: [{ kind: 'secret_stays', cases: [{ store: 'a', tokens: ['etl/app'], near: true }] }],
    });
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(true);
  });

  it.each([
    ['runs the same program by another', '[env, NAME=x, node, vault.cjs, put, "{account}-{token}"]'],
    ['names the path by an option', '[node, vault.cjs, put, "--name={account}-{token}"]'],
    ['names the folder of the path apart', '[node, vault.cjs, put, "-mount=.", "{account}-{token}"]', './'],
    ['runs it through a text with the path', `[sh, -c, "node vault.cjs put {account}-{token}"]`],
    ['runs it through a text with one word', `[sh, -c, 'node vault.cjs put "$1"', sh, "{account}-{token}"]`],
    ['runs it through a text with two words', `[sh, -c, 'node vault.cjs put "$1-$2"', sh, "{account}", "{token}"]`],
    ['runs it through a text with a folder', `[sh, -c, 'node ./vault.cjs put "./$1"', sh, "{account}-{token}"]`],
    [
      'runs it through another interpreter',
      `[python3, -c, "import os,sys; os.execvp('node', ['node','vault.cjs','put',sys.argv[1]+'-'+sys.argv[2]])", "{account}", "{token}"]`,
    ],
    ['runs it through a script', '[./put.sh, "{account}-{token}"]'],
    ['runs it through a script that joins the words', '[./put.sh, "{account}", "{token}"]'],
    ['runs it through a script of a shell', '[sh, put.sh, "{account}-{token}"]'],
  ])('%s', async (_, command, prefix = '') => {
    const other = `  b: { kind: exec, command: ${command} }`;
    const a = store('a', PLACE).replace('put, "', `put, "${prefix}`);
    const stage = await applied(configuration([a, other], 'a'));
    stage.write('put.sh', '#!/bin/sh\nexec node vault.cjs put "$1${2:+-$2}"\n');
    chmodSync(stage.file('put.sh'), 0o755);
    stage.edit(() => configuration([a, other], 'b'));
    await stage.run(`apply ${REAL}`);
    await stage.run('sandbox advance 2d');
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      removals: [],
      warnings: [{ kind: 'secret_stays', cases: [{ store: 'a', tokens: ['etl/app'], near: true }] }],
    });
    await stage.run(`apply ${REAL}`);
    expect(has(stage)).toBe(true);
    expect(stage.read('ran')).not.toContain('rm');
  });

  it('has the current secret of an account that left the configuration', async () => {
    const stage = await applied(configuration([store('a', PLACE), without('b', ', --flag')], 'a'));
    stage.edit((yaml) => yaml.replace('secret_store: a', 'secret_store: b'));
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    stage.edit((yaml) => yaml.replace(/^ {2}etl: .*$/m, '  other: {}'));
    await stage.run('sandbox advance 2d');
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(true);
    expect(stage.read('ran')).not.toContain('rm');
  });

  it('and is removed where the path differs', async () => {
    const stage = await applied(
      configuration([store('a', PLACE), store('b', '"b-{account}-{token}"').replace('put, "', 'put, "b-')], 'a'),
    );
    stage.edit((yaml) => yaml.replace('secret_store: a', 'secret_store: b'));
    expect((await stage.run(`rotate etl/app --revoke-old ${REAL}`)).code).toBe(0);
    expect(has(stage)).toBe(false);
  });
});

describe('a secret that an earlier command stored', () => {
  const one = store('a', PLACE);
  /** Rotates after an edit, and lets the overlap end. */
  async function afterEdit(edit: (stage: Stage) => void) {
    const stage = await applied(configuration([one], 'a'));
    edit(stage);
    const { document } = await stage.json('plan --sandbox --rotate etl/app');
    expect((await stage.run(`rotate etl/app ${REAL}`)).code).toBe(0);
    await stage.run('sandbox advance 2d');
    const { document: plan } = await stage.json('plan --sandbox');
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    expect([has(stage), stage.read('ran')]).toEqual([true, expect.not.stringContaining('rm')]);
    return { rotation: document, plan, next: (await stage.json('plan --sandbox')).document };
  }
  const comment = (stage: Stage) => stage.write('vault.cjs', `${PROGRAM}// A comment.\n`);
  const addFlag = (stage: Stage) => stage.edit((yaml) => yaml.replace(`put, ${PLACE}`, `put, ${PLACE}, --quiet`));
  const rename = (stage: Stage) =>
    stage.edit((yaml) => yaml.replace('  a: {', '  a2: {').replace('secret_store: a', 'secret_store: a2'));

  it.each([
    ['with its script edited', comment],
    ['with its script edited and its store renamed', (stage: Stage) => [comment, rename].map((edit) => edit(stage))],
  ])('is where that in use is, so that nothing is to be deleted: %s', async (_, edit) => {
    const { plan, next } = await afterEdit(edit);
    expect([plan, next]).toMatchObject([
      { actions: [{ action: 'revoke_token' }], removals: [], warnings: [] },
      { warnings: [] },
    ]);
  });

  it('does not move with its script', async () => {
    const { rotation } = await afterEdit(comment);
    expect(rotation).toMatchObject({
      actions: [{ action: 'rotate_token' }],
      warnings: [{ kind: 'stores_rehearsed' }, { kind: 'command_changed' }],
    });
    expect(JSON.stringify(rotation)).not.toContain('secret_moves');
  });

  it.each([
    ['by a flag', true, addFlag],
    ['by a flag and a name', undefined, (stage: Stage) => [rename, addFlag].map((edit) => edit(stage))],
  ])('may be where that in use is, which the plan says: changed %s', async (_, changed, edit) => {
    const { plan } = await afterEdit(edit);
    const left = { store: 'a', tokens: ['etl/app'], near: true, ...(changed && { changed }) };
    expect(plan).toMatchObject({
      warnings: [{ kind: 'secret_left', cases: [left], hint: { text: expect.stringContaining('Look first') } }],
    });
  });
});

it.each([
  ['when the overlap ends', ''],
  ['at once', '--revoke-old'],
])('a secret of an earlier generation may stay at a path of its own, which the plan says: %s', async (_, how) => {
  const one = store('a', PLACE).replace(`put, ${PLACE}`, 'put, "{account}-{token}.{generation}"');
  const stage = await applied(configuration([one], 'a'));
  const rotated = await stage.json(`rotate etl/app ${how} ${REAL}`);
  await stage.run('sandbox advance 2d');
  const { document } = how ? rotated : await stage.json(`apply ${REAL}`);
  expect(document).toMatchObject({
    removals: [],
    warnings: [{ kind: 'secret_stays', cases: [{ store: 'a', tokens: ['etl/app'], generations: true }] }],
  });
  expect([has(stage, 'app.1'), has(stage, 'app.2')]).toEqual([true, true]);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
});

it('a secret in use stays where the `remove` of another token would remove it, and goes with the last of them', async () => {
  const one = [store('a', '"etl-bi"')];
  const stage = await applied(configuration([store('a', PLACE)], 'a', '{ app: p, bi: p }'));
  stage.edit(() => configuration(one, 'a', '{ bi: p }'));
  expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
  expect([has(stage), has(stage, 'bi')]).toEqual([true, true]);
  stage.edit((yaml) => yaml.replace('{ bi: p }', '{}'));
  expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
  expect(has(stage, 'bi')).toBe(false);
});

it('a plan says that the secret of a renamed key stays, where the `remove` of the new one would remove both', async () => {
  const [before, after] = [
    configuration([store('a', PLACE)], 'a'),
    configuration([store('a', '"etl"')], 'a', '{ bi: p }'),
  ];
  const stage = await applied(before);
  stage.edit(() => after);
  const warning = { kind: 'secret_stays', cases: [{ store: 'a', tokens: ['etl/app'], shared: true }] };
  expect((await stage.json('plan --sandbox --prune')).document).toMatchObject({
    removals: [],
    warnings: expect.arrayContaining([expect.objectContaining(warning)]),
  });
  const { code, stdout } = await stage.run(`apply --prune ${REAL}`);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('etl/app') });
  expect([has(stage), has(stage, 'bi')]).toEqual([true, true]);
  expect((await stage.json('plan --sandbox --prune')).document).toMatchObject({ actions: [], warnings: [] });
});

it('one that all tokens of an account share is run when the account is destroyed', async () => {
  const stage = await applied(configuration([store('a', PLACE)], 'a', '{ app: p, bi: p }'));
  stage.edit(() => configuration([store('a', '"etl-bi"')], 'a', '{ bi: p }'));
  expect((await stage.run(`destroy --allow-delete ${REAL}`)).code).toBe(0);
  expect(has(stage, 'bi')).toBe(false);
});
