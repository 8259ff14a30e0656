import { describe, expect, it } from 'vitest';
import { settingChanges } from '../../src/config/setting-changes.ts';

const MAIN = `version: 1
organization: acme
ignore: ["bot_*"]
compute_rates: { standard: 2.40 }
secret_stores:
  ex: { kind: exec, command: [store, "{account}", "{token}"], timeout: 10s }
guardrails: { max_deletes: 0 }
`;

describe('the changes of settings', () => {
  it.each<[string, string, string, object]>([
    [
      'a guardrail',
      'max_deletes: 0',
      'max_deletes: 50%',
      { name: 'guardrails.max_deletes', before: '0', after: '50%' },
    ],
    ['a price', '2.40', '0.01', { name: 'compute_rates.standard', before: '2.4', after: '0.01' }],
    ['a word of a command', '[store,', '[evil,', { name: 'secret_stores.ex.command' }],
    ['a new command', 'timeout: 10s', 'timeout: 10s, check: [a]', { name: 'secret_stores.ex.check', after: '["a"]' }],
    ['what is ignored', '"bot_*"', '"*"', { name: 'ignore', before: '["bot_*"]', after: '["*"]' }],
    [
      'a block that is new',
      'version: 1',
      'version: 1\naudit: { accept: [] }',
      { name: 'audit', after: '{"accept":[]}' },
    ],
    ['a variable', '"bot_*"', '"${BOTS}"', { name: 'ignore', after: '["${BOTS}"]' }],
    ['an unknown key', 'version: 1', 'version: 1\n__proto__: 1', { name: '__proto__', after: '1' }],
  ])('have %s', (_, from, to, change) => {
    expect(settingChanges(MAIN, MAIN)).toEqual([]);
    expect(
      settingChanges(
        MAIN,
        MAIN.replace(from, () => to),
      ),
    ).toMatchObject([change]);
  });

  it('tell a variable from the text of the same letters', () => {
    const [text, variable] = ['ignore: ["$${X}"]\n', 'ignore: ["${X}"]\n'];
    expect(settingChanges(text, variable)).toMatchObject([{ before: '["$${X}"]', after: '["${X}"]' }]);
  });

  it('follow aliases, and do not have what a plan shows by itself', () => {
    const before = `x-bots: &bots ["bot_*"]\nignore: *bots\naccounts: { a: {} }\n`;
    const after = `x-bots: &bots ["*"]\nignore: *bots\naccounts: { b: {} }\ninclude: [b.yaml]\ntemplates: {}\n`;
    expect(settingChanges(before, after).map(({ name }) => name)).toEqual(['ignore']);
  });

  it('begin with those that decide most, and mask credentials, which differ all the same', () => {
    const secret = (last: string) => `ghp_${'a1B2'.repeat(9)}${last}`;
    const text = (last: string) =>
      `ignore: [a${last}]\nsecret_stores: { ex: { command: [curl, ${secret(last)}] } }\nguardrails: { max_deletes: ${last} }\n`;
    const changes = settingChanges(text('1'), text('2'));
    expect(changes.map(({ name }) => name)).toEqual(['guardrails.max_deletes', 'secret_stores.ex.command', 'ignore']);
    expect(JSON.stringify(changes)).not.toContain('ghp_');
  });
});
