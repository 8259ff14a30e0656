/** A no to a question: nothing is changed, and nothing is shown as a failure. */
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { outputOf, STATE, Stage } from '../stage.ts';

/** Begins a command whose output and input are a terminal. */
function begun(stage: Stage, words: string, columns = 0) {
  const code = ['stdin', 'stdout', 'stderr'].map((stream) => `process.${stream}.isTTY=true`);
  code.push(`process.stderr.columns=${columns}`);
  const node = ['--import', `data:text/javascript,${code.join(';')}`];
  const env = { NO_COLOR: '1', TERM: 'dumb' };
  return stage.spawn(words, env, { node, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs a command whose output and input are a terminal, and answers its question. */
async function answered(stage: Stage, words: string, answer: string, columns = 0) {
  const child = begun(stage, words, columns);
  // One that does not ask ends without reading it.
  child.stdin?.on('error', () => undefined).end(`${answer}\n`);
  return outputOf(child);
}

describe('a no', () => {
  it.each([
    'apply --sandbox --rotate etl_prod/airflow',
    'rotate etl_prod/airflow --sandbox',
    'destroy --sandbox --only tenant_acme',
    'import --all --sandbox',
    'state forget etl_prod/airflow',
  ])('to the question of %s changes nothing', async (words) => {
    const stage = await Stage.applied();
    stage.edit((text) =>
      text.replace('max_deletes: 0', 'max_deletes: 100%').replace('tenant_acme: {', '$& deletion_protection: false,'),
    );
    await stage.run('apply --sandbox --yes --no-smoke');
    await stage.inSandbox((organization) => organization.mint({ username: 'etl_prod', name: 'laptop' }));
    const before = stage.read(STATE);
    const { code, stderr } = await answered(stage, words, 'no');
    expect({ code, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({
      code: 1,
      last: expect.stringMatching(/Cancelled; nothing was changed\.$/),
    });
    expect(stderr).not.toContain('Error');
    // What it says to type has the options that were typed.
    const sizes = /Sizes: (.*--usage.*?)\. Type/.exec(stderr)?.[1];
    expect(sizes).toBe(
      words.startsWith('destroy') ? 'mdacc plan --destroy --only tenant_acme --usage --sandbox' : undefined,
    );
    expect(stage.read(STATE)).toBe(before);
  });

  it('is asked in lines of whole words, which break neither a command nor the answer', async () => {
    const stage = await Stage.applied();
    stage.edit((text) =>
      text.replace('max_deletes: 0', 'max_deletes: 9').replace('tenant_acme: {', '$& deletion_protection: false,'),
    );
    await stage.run('apply --sandbox --yes --no-smoke');
    const { stderr } = await answered(stage, 'destroy --sandbox --only tenant_acme', 'no', 70);
    const asked = /^Apply this.*to go on:/ms.exec(stderr.replaceAll('\r', ''))?.[0].split('\n') ?? [];
    expect(asked.length).toBeGreaterThan(1);
    for (const line of asked) expect(line.length).toBeLessThanOrEqual(70);
    const parts = ['mdacc plan --destroy --only tenant_acme --usage --sandbox', '"delete tenant_acme"'];
    for (const part of parts) expect(asked.filter((line) => line.includes(part))).toHaveLength(1);
  });

  it('that is another answer says which was expected, and JSON has an error', async () => {
    const stage = await Stage.applied();
    const { stderr, stdout } = await answered(stage, 'rotate etl_prod/airflow --sandbox --format json', 'y');
    expectGolden('reports', 'cancelled', stderr.replaceAll('\r', ''));
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NOT_CONFIRMED' } });
  });
});

it.each(['rotate etl_prod/airflow --sandbox', 'state forget etl_prod/airflow'])(
  'one interruption of the question of %s ends it, and unlocks the state',
  async (words) => {
    const stage = await Stage.applied();
    const before = stage.read(STATE);
    const child = begun(stage, words);
    let said = '';
    child.stderr?.on('data', (bytes) => {
      const isAsked = said.includes('to go on:');
      said += bytes;
      if (!isAsked && said.includes('to go on:')) child.kill('SIGINT');
    });
    expect(await outputOf(child)).toMatchObject({ code: 130 });
    expect(stage.read(STATE)).toBe(before);
    expect((await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke')).code).toBe(0);
  },
);
