/** A replaced token stays as long as the path of its replacement's secret may have its own again. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  js: { kind: file, path: .motherduck/s.json, format: json }
  restoring: { kind: exec, command: [sh, -c, "cat > .motherduck/ops; cp old.json .motherduck/s.json"] }
token_policies:
  js: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: js }
  restoring: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: restoring }
accounts:
  etl: { deletion_protection: false, smoke: false, tokens: { back: js } }
  bix: { deletion_protection: false, smoke: false, tokens: { app: js } }
`;
const FILE = '.motherduck/s.json';
const APPLY = 'apply --sandbox --yes --no-smoke';
const DAY = 24 * 3600;

/** The tokens were rotated, their overlaps have ended, and `old.json` has the secrets from before. */
async function rotated(): Promise<Stage> {
  const stage = await Stage.applied(CONFIGURATION);
  stage.write('old.json', stage.read(FILE), 0o600);
  expect((await stage.run('rotate etl bix --sandbox --yes --no-smoke')).code).toBe(0);
  await stage.advance(4 * DAY);
  return stage;
}

function tokensOf(stage: Stage, account: string): Promise<string[]> {
  return stage.inSandbox(async (organization) =>
    organization
      .inspect()
      .accounts.flatMap(({ username, tokens }) => (username === account ? tokens.map(({ name }) => name) : [])),
  );
}

it.each(['', ' --due'])('and no file can be read to see that it has not%s', async (due) => {
  const stage = await rotated();
  const text = stage.read(FILE);
  stage.write(FILE, `${stage.read('old.json')}<<<<<<< HEAD\n`);
  const { code, document } = await stage.json(`${APPLY}${due}`);
  expect(code).toBe(0);
  expect(document).toMatchObject({
    actions: [],
    warnings: expect.arrayContaining([
      expect.objectContaining({ kind: 'overlap_held', message: expect.stringContaining('cannot be read') }),
    ]),
  });
  expect(await tokensOf(stage, 'etl')).toEqual(['back', 'back.2']);
  stage.write(FILE, text);
  expect((await stage.json(`${APPLY}${due}`)).document).toMatchObject({ actions: [{}, {}] });
  expect(await tokensOf(stage, 'etl')).toEqual(['back.2']);
});

it('and an audit says why, and what helps, where an apply revokes nothing', async () => {
  const stage = await rotated();
  const text = stage.read(FILE);
  const found = async () => {
    const { document } = await stage.json('audit --sandbox');
    const { findings } = document as { findings: { rule: string; message: string; fix: { command?: string[] } }[] };
    return findings.filter(({ rule }) => rule === 'MDA030').map(({ message, fix }) => ({ message, fix }));
  };
  const finding = (message: string, ...command: string[]) => ({
    message: expect.stringContaining(message),
    fix: expect.objectContaining({ command: [...command, '--sandbox'] }),
  });
  expect(await found()).toEqual([
    finding('ago; it still gives access', 'apply', '--only', 'bix'),
    finding('ago; it still gives access', 'apply', '--only', 'etl'),
  ]);
  stage.write(FILE, stage.read('old.json'));
  expect(await found()).toEqual([
    finding('the store has its secret, and not that of its replacement', 'rotate', 'bix/app'),
    finding('the store has its secret, and not that of its replacement', 'rotate', 'etl/back'),
  ]);
  stage.write(FILE, '<<<<<<< HEAD\n');
  expect(await found()).toEqual([finding('cannot be read', 'apply'), finding('cannot be read', 'apply')]);
  stage.write(FILE, text);
  expect((await stage.json(`${APPLY} --due`)).code).toBe(0);
  expect(await found()).toEqual([]);
});

it('and the secret path has it again when it is to be revoked', async () => {
  const stage = await rotated();
  stage.edit((text) => text.replace('{ back: js }', '{ back: js, ops: restoring }'));
  const { code, document } = await stage.json([...`${APPLY} --real-stores --only etl`.split(' ')]);
  expect(code).toBe(3);
  expect(document).toMatchObject({
    applied: {
      outcomes: [
        { action: 'create_token', result: 'done' },
        { action: 'revoke_token', result: 'failed', error: { code: 'PLAN_STALE' } },
      ],
    },
  });
  expect(await tokensOf(stage, 'etl')).toEqual(['back', 'back.2', 'ops']);
});
