/** A state from a hostile pull request: refused soon, before anything is done, with a hint that leads out. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

type Entry = { generation: number; current: { generation: number; name: string } };
type Document = { serial: number; accounts: Record<string, { tokens: Record<string, Entry> }> };

async function edited(change: (text: string) => string): Promise<Stage> {
  const stage = await Stage.applied();
  stage.write(STATE, change(stage.read(STATE)));
  return stage;
}

async function failure(
  stage: Stage,
): Promise<{ code: string; message: string; hint: { text: string }; location?: object }> {
  const { document } = await stage.json('plan --sandbox --format json');
  return (document as { error: never }).error;
}

describe('a number that no run reaches', () => {
  it.each<[string, (document: Document, airflow: Entry) => void, RegExp]>([
    ['a serial', (document) => (document.serial = 2 ** 53 - 1), /Set it to .* 1\b/],
    ['the last serial of the format', (document) => (document.serial = 1e12), /Set it to .* 1\b/],
    ['a generation', (_document, airflow) => (airflow.generation = 2 ** 53 - 1), /Set it to 1 there/],
    ["a current token's", (_document, { current }) => (current.generation = 2 ** 53 - 1), /Set it to 1 there/],
  ])('%s', async (_name, change, hint) => {
    const stage = await edited((text) => {
      const document = JSON.parse(text) as Document;
      const airflow = document.accounts.etl_prod?.tokens.airflow ?? expect.unreachable();
      change(document, airflow);
      return JSON.stringify(document, null, 2);
    });
    const error = await failure(stage);
    expect(error).toMatchObject({ code: 'STATE_INVALID', hint: { text: expect.stringMatching(hint) } });
    // What the hint says leads out.
    const line = (error.location as { line: number }).line;
    const lines = stage.read(STATE).split('\n');
    lines[line - 1] = lines[line - 1]?.replace(/\d+/, '1') ?? '';
    stage.write(STATE, lines.join('\n'));
    expect(await stage.json('plan --sandbox --format json')).toMatchObject({ code: 0, document: { actions: [] } });
  });
});

it.each([
  ['organization', 101],
  ['username', 256],
  ['id', 1001],
  ['name', 1001],
  ['store', 65],
  ['secret_path', 10_001],
  ['configuration', 256],
])('a %s that is longer than it can be is refused', async (field, length) => {
  const long = 'x'.repeat(length);
  const stage = await edited((text) => text.replace(new RegExp(`"${field}": ".*?"`), `"${field}": "${long}"`));
  expect(await failure(stage)).toMatchObject({ code: 'STATE_INVALID', location: { line: expect.any(Number) } });
  expect((await failure(stage)).message).toMatch(new RegExp(`${field} .*${length - 1}`));
  expect((await failure(stage)).message.length).toBeLessThan(500);
});

it('the last generation is not followed by one that the state cannot hold, and the hint leads out', async () => {
  const stage = await edited((text) => text.replace('"generation": 1', '"generation": 999999'));
  const before = stage.read(STATE);
  expect(before).toContain('"generation": 999999');
  expect(await stage.json('plan --sandbox')).toMatchObject({ code: 0, document: { actions: [], errors: [] } });
  const refused = await stage.json('rotate etl_prod/airflow --sandbox --yes --no-smoke');
  expect(refused.document).toMatchObject({ errors: [{ code: 'STATE_INVALID', hint: expect.anything() }] });
  expect(stage.read(STATE)).toBe(before);
  stage.write(STATE, before.replace('"generation": 999999', '"generation": 1'));
  expect(await stage.json('rotate etl_prod/airflow --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
});

it('a state that an apply would overfill is refused by the plan, before anything is done', async () => {
  const keys = Array.from({ length: 19_996 }, (_, i) => `"k${i}":{"generation":0,"retiring":[],"intents":[]},`);
  const stage = await edited((text) => text.replace('"airflow": {', `${keys.join('')}"airflow": {`));
  const before = stage.read(STATE);
  const error = await failure(stage);
  expect(error).toMatchObject({
    code: 'STATE_INVALID',
    message: expect.stringContaining('etl_prod'),
  });
  expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 1 });
  expect(stage.read(STATE)).toBe(before);
});

describe('a text that would be parsed for minutes', () => {
  it.each<[string, (text: string) => string, RegExp]>([
    [
      'deep lists',
      (text) => text.replace('"etl_prod": {', `"etl_prod": ${'['.repeat(3_000_000)}${']'.repeat(3_000_000)}, "x": {`),
      /too deeply/,
    ],
    ['open lists', () => '['.repeat(30_000_000), /too deeply/],
    ['many values', () => `[${'[],'.repeat(9_000_000)}[]]`, /too many values/],
    ['a string without an end', () => `["${'\\"'.repeat(5_000_000)}`, /not JSON/],
    [
      'accounts that are not there',
      (text) =>
        text.replace(
          '"accounts": {',
          `"accounts": {${Array.from({ length: 110_000 }, (_, i) => `"g${i}":{},`).join('')}`,
        ),
      /100,000 accounts/,
    ],
    [
      'tokens that are not there',
      (text) =>
        text.replace(
          '"airflow": {',
          `${Array.from({ length: 20_001 }, (_, i) => `"k${i}":{"generation":0,"retiring":[],"intents":[]},`).join('\n')}"airflow": {`,
        ),
      /20,000 tokens/,
    ],
    [
      'a key twice',
      (text) => text.replace('"retiring":', '"retiring": [],\n"retiring":'),
      /"retiring" twice at line \d+/,
    ],
    [
      'an account twice',
      (text) => text.replace('"etl_prod":', '"etl_prod": {},\n"etl_prod":'),
      /"etl_prod" twice at line \d+/,
    ],
  ])('%s', async (_name, change, message) => {
    const error = await failure(await edited(change));
    expect(error).toMatchObject({ code: 'STATE_INVALID', message: expect.stringMatching(message) });
  });
});
