/** The diff of an import, and what it says for people. */
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImportNotice } from '../../src/model/import.ts';
import { importSummary, unknownSecretsText } from '../../src/report/import/summary.ts';
import { importDiff, importNoticeText, skippedText } from '../../src/report/import/text.ts';
import { unifiedDiff } from '../../src/report/import/unified.ts';
import { plain } from '../../src/report/terminal-text.ts';
import { expectGolden } from '../golden/golden.ts';

const line = fc.constantFrom('a\n', 'b\n', 'c\n', '\n', '  x: 1\n', 'accounts:\n', 'd\r\n');
const text = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', 'end'))
  .map(([lines, end]) => lines.join('') + end);

describe('a unified diff', () => {
  it('makes the one text of the other, whatever they are', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const options = { autoConvertLineEndings: false };
        expect(applyPatch(before, unifiedDiff('f', before, after), options)).toBe(after);
        expect(applyPatch('', unifiedDiff('f', undefined, after), options)).toBe(after);
      }),
      { numRuns: 2000 },
    );
  });

  it('is that of the diff package where lines were only added', () => {
    const before = Array.from({ length: 40 }, (_, index) => `line ${index}\n`);
    const places = fc.subarray(before.map((_, index) => index));
    fc.assert(
      fc.property(places, (chosen) => {
        const after = before.flatMap((each, index) => (chosen.includes(index) ? [each, `  new ${index}\n`] : [each]));
        const [a, b] = [before.join(''), after.join('')];
        const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
        expect(unifiedDiff('f', a, b)).toBe(createTwoFilesPatch('f', 'f', a, b, undefined, undefined, options));
      }),
    );
  });
});

it('words what it does otherwise than a user may expect', () => {
  const names = ['etl_prod/old'];
  const all = [
    { kind: 'size_not_allowed', names: ['a', 'b'] },
    { kind: 'size_without_rate', names: ['a'] },
    { kind: 'pools_too_large', limit: 3, names: ['a'] },
    { kind: 'never_expires', names },
    { kind: 'long_lived', names },
    { kind: 'rotation_postponed', names },
  ] as const satisfies readonly ImportNotice[];
  const messages = all.map((notice) => importNoticeText(notice).message);
  expectGolden('warnings', 'of an import', messages.join('\n'));
  const commands = all.map((notice) => importNoticeText(notice).hint?.command);
  expect(commands.slice(3)).toEqual([1, 2, 3].map(() => ['rotate', 'etl_prod/old']));
});

describe('an import for people', () => {
  it('is painted as diffs are, and no file’s name or line obeys to the terminal', () => {
    const [before, texts] = [
      new Map([['f.yaml', 'a\r\n\tb\u001b[2J\r\n']]),
      new Map([['f.yaml', 'a\r\n\tb\u001b[2J\r\nc\r\n']]),
    ];
    expect(importDiff(before, { texts }, plain)).toBe(
      '--- f.yaml\n+++ f.yaml\n@@ -1,2 +1,3 @@\n a\n \tb\ufffd[2J\n+c\n',
    );
    const paint = { ...plain, green: (text: string) => `<green>${text}` };
    expect(importDiff(before, { texts }, paint)).toContain('\n<green>+c\n');
    expect(importDiff(before, { texts: new Map() }, plain)).toBe('');
  });

  it('names what is skipped, a token without a name by its id', () => {
    const why = { reason: { kind: 'no_name' } } as const;
    const all = [
      { account: 'etl_prod', token: { name: '', id: 't1' }, ...why },
      { account: 'etl_prod', token: { name: '[secret 0f4c]', id: '0f4c' }, reason: { kind: 'secret_name' } } as const,
      { account: '[secret 1a2b]', reason: { kind: 'secret_username', id: '1a2b' } } as const,
      { account: 'ruler', reason: { kind: 'admin' } } as const,
    ];
    expect(skippedText(all, plain)).toMatch(/^ {2}etl_prod\/t1 .*^ {2}ruler .*: mdacc import ruler$/ms);
    expectGolden('reports', 'an import > names what is skipped', skippedText(all, plain), 'exact');
  });

  it.each([
    ['some are skipped', { skipped: 2 }],
    ['a dry run', { stage: 'dry_run' as const }],
    ['nothing is new', { files: [] }],
    ['only the configured', { files: [], configured: { accounts: 0, tokens: 1 } }],
    ['nothing is written', { written: { accounts: 0, tokens: 0 } }],
    ['all are skipped', { files: [], skipped: 1 }],
    ['secrets are stored', { secrets: { count: 2, stores: [{ name: 'local' }, { name: 'k8s' }] } }],
  ])('is summed up: %s', (name, differs) => {
    const written = { accounts: 1, tokens: 2 };
    const configured = { accounts: 0, tokens: 0 };
    const base = {
      written,
      configured,
      skipped: 0,
      files: ['a.yaml', 'b.yaml'],
      config: 'a.yaml',
      stage: 'done' as const,
    };
    expectGolden('reports', `an import > is summed up > ${name}`, importSummary({ ...base, ...differs }), 'exact');
  });

  it('says which stores get the secrets of adopted tokens', () => {
    const [local, vault] = [{ name: 'local' }, { name: 'vault', rehearsedIn: '.motherduck-sandbox/stores/vault' }];
    const told = [unknownSecretsText(1, [local]), unknownSecretsText(3, [local, vault])];
    expectGolden('reports', 'an import > says where secrets will be', told.join('\n'), 'exact');
  });
});
