/** A store that gets another name and keeps its secret paths: its secrets stay valid where they are. */
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { STATE, Stage } from '../stage.ts';

const BLOCKS = {
  file: '{ kind: file, path: .motherduck/secrets.env, format: dotenv }',
  exec: '{ kind: exec, command: [sh, -c, "cat > $0", "{account}.{token}"], remove: [rm, -f, "{account}.{token}"] }',
};

const configuration = (stores: Readonly<Record<string, string>>, names: string) => `version: 1
organization: acme
secret_stores:
${Object.entries(stores)
  .map(([name, block]) => `  ${name}: ${block}\n`)
  .join('')}token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: ${names} }
accounts:
  etl: { smoke: false, tokens: { app: p } }
`;
const APPLY = 'apply --sandbox --real-stores --yes --no-smoke';

interface PlanDocument {
  readonly actions: readonly { readonly action: string }[];
  readonly warnings: readonly { readonly kind: string }[];
}

async function planOf(stage: Stage) {
  const { document } = await stage.json('plan --sandbox');
  const { actions, warnings } = document as unknown as PlanDocument;
  return { actions: actions.map(({ action }) => action), kinds: warnings.map(({ kind }) => kind) };
}

describe.skipIf(isWindows)('a store with another name and the same secret paths', () => {
  it.each([
    ['file', BLOCKS.file, '.motherduck/secrets.env'],
    ['program', BLOCKS.exec, 'etl.app'],
  ])('keeps its secrets: a %s', async (_, block, file) => {
    const stage = new Stage(configuration({ old: block }, 'old'));
    for (const command of [APPLY, 'rotate etl --sandbox --real-stores --yes --no-smoke'])
      expect((await stage.run(command)).code).toBe(0);
    const secret = stage.read(file);
    stage.edit(() => configuration({ fresh: block }, 'fresh'));
    expect((await stage.run('doctor --sandbox')).code).toBe(0);
    const { code, stdout } = await stage.run('plan --sandbox --detailed-exitcode');
    expect([code, stdout]).toEqual([2, expect.stringContaining('the secret store old is named fresh by now')]);
    expect(stdout).toContain('name of 1 secret store to record');
    const { actions, kinds } = await planOf(stage);
    expect([actions, kinds.filter((kind) => kind !== 'stores_rehearsed')]).toEqual([[], ['store_renamed']]);
    expect((await stage.run('audit --sandbox --fail-on error')).stdout).not.toMatch(/fresh|old/);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.read(STATE)).not.toContain('"old"');
    expect(await planOf(stage)).toEqual({ actions: [], kinds: [] });
    const before = stage.read(STATE);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect([stage.read(STATE), stage.read(file)]).toEqual([before, secret]);
    await stage.run('sandbox advance 2d');
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.read(file)).toBe(secret);
    stage.edit((text) => text.replace('tokens: { app: p }', 'tokens: {}'));
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.has(file) && stage.read(file).includes('APP')).toBe(false);
    expect((await planOf(stage)).kinds).toEqual([]);
  });

  it('is one of several of a token', async () => {
    const stage = new Stage(configuration({ old: BLOCKS.exec, local: BLOCKS.file }, '[old, local]'));
    expect((await stage.run(APPLY)).code).toBe(0);
    stage.edit(() => configuration({ local: BLOCKS.file, fresh: BLOCKS.exec }, '[fresh, local]'));
    expect(await planOf(stage)).toEqual({ actions: [], kinds: ['store_renamed'] });
    expect((await stage.run('plan --sandbox --out renamed.plan')).code).toBe(0);
    expect((await stage.run('apply renamed.plan --sandbox --real-stores --yes --no-smoke')).code).toBe(0);
    expect(await planOf(stage)).toEqual({ actions: [], kinds: [] });
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['another command', { fresh: BLOCKS.exec.replace('cat > $0', 'cat > x/$0') }],
    ['another file', { fresh: BLOCKS.file.replace('secrets.env', 'more.env') }],
    ['a store of the old name', { fresh: BLOCKS.exec, old: BLOCKS.file.replace('secrets.env', 'more.env') }],
    ['two stores of its secret paths', { fresh: BLOCKS.exec, other: BLOCKS.exec }],
  ])('is not one with %s, which gets a new secret', async (_, stores) => {
    const stage = new Stage(configuration({ old: stores.fresh?.includes('file') ? BLOCKS.file : BLOCKS.exec }, 'old'));
    expect((await stage.run(APPLY)).code).toBe(0);
    stage.edit(() => configuration(stores, 'fresh'));
    const { actions, kinds } = await planOf(stage);
    expect([actions, kinds.includes('store_renamed')]).toEqual([['rotate_token'], false]);
  });
});
