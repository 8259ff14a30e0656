/** A store's `remove` runs once for a secret: many programs fail where nothing is left to remove. */
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';

const DAY = 86_400;
const APPLY = 'apply --sandbox --real-stores --yes --no-smoke --prune --allow-delete';
const PLAN = 'plan --sandbox --detailed-exitcode';
const exec = (name: string) => {
  const file = `"${name}-{account}-{token}"`;
  return `{ kind: exec, command: [sh, store.sh, put, ${file}], remove: [sh, store.sh, remove, ${file}] }`;
};

/** Like `rm`, it fails where nothing is. */
const SCRIPT = `file="$2"
[ ! -e "fail.$1.\${2%%-*}" ] || exit 9
echo "$1 $file" >> log
if [ "$1" = put ]; then cat > "$file"; else rm "$file"; fi
`;

const configuration = (stores: string, accounts = '{ etl: { tokens: { one: p }, smoke: false } }') => `version: 1
organization: acme
secret_stores:
  a: ${exec('a')}
  b: ${exec('b')}
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: ${stores} }
guardrails: { max_deletes: 1 }
accounts: ${accounts}
`;

function staged(stores: string): Stage {
  const stage = new Stage(configuration(stores));
  stage.write('store.sh', SCRIPT);
  return stage;
}

async function applied(stage: Stage, code = 0): Promise<void> {
  const ran = await stage.run(APPLY);
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ code });
}

const removals = (stage: Stage) =>
  stage
    .read('log')
    .split('\n')
    .filter((line) => line.startsWith('remove'))
    .sort();

describe.skipIf(isWindows)('the remove command of a store', () => {
  it('runs once for a secret that overwrote one which an interrupted run had stored', async () => {
    const stage = staged('[a]');
    await applied(stage);
    stage.edit(() => configuration('[a, b]'));
    stage.write('fail.put.b', '');
    await applied(stage, 3);
    stage.remove('fail.put.b');
    await applied(stage);
    stage.edit(() => configuration('[b]'));
    await applied(stage);
    await stage.advance(DAY + 3600);
    await applied(stage);
    expect(removals(stage)).toEqual(['remove a-etl-one']);
    await applied(stage);
    expect(removals(stage)).toHaveLength(1);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it('leaves the secret of a token in its overlap that overwrote an older one', async () => {
    const stage = staged('[a]');
    await applied(stage);
    for (const stores of ['[b]', '[a]', '[b]']) {
      await stage.advance(10 * 3600);
      stage.edit(() => configuration(stores));
      await applied(stage);
    }
    await stage.advance(5 * 3600);
    // The overlap of the first token has ended, and that of the third has not.
    await applied(stage);
    expect(removals(stage)).toEqual([]);
    await stage.advance(DAY);
    await applied(stage);
    expect(removals(stage)).toEqual(['remove a-etl-one']);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it.each([
    ['key left the configuration', '{ etl: { smoke: false } }'],
    ['account is suspended', '{ etl: { tokens: { one: p }, suspended: true } }'],
    ['account is deleted', '{}'],
  ])('is not run again where that of another store failed: its %s', async (_what, accounts) => {
    const stage = staged('[a, b]');
    stage.edit((text) => text.replace('smoke: false', 'smoke: false, deletion_protection: false'));
    await applied(stage);
    stage.edit(() => configuration('[a, b]', accounts));
    stage.write('fail.remove.b', '');
    await applied(stage, 3);
    stage.remove('fail.remove.b');
    await applied(stage);
    expect(removals(stage)).toEqual(['remove a-etl-one', 'remove b-etl-one']);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });
});
