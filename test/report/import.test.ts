/** The diff of an import, and what it says for people. */
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImportNotice } from '../../src/model/import.ts';
import { importDiff, importNoticeText, importSummary, skippedText } from '../../src/report/import/text.ts';
import { unifiedDiff } from '../../src/report/import/unified.ts';
import { plain } from '../../src/report/paint.ts';

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
  expect(all.map((notice) => importNoticeText(notice).message)).toMatchInlineSnapshot(`
    [
      "the Ducklings of a, b stay unmanaged: their size is not among guardrails.allowed_sizes",
      "the Ducklings of a stay unmanaged: their size has no rate in compute_rates",
      "the Ducklings of a stay unmanaged: with them all pools would be larger than guardrails.max_pool_size_total 3",
      "tokens that never expire, but whose replacements will: etl_prod/old",
      "tokens that live longer than guardrails.max_token_ttl, which their replacements will not: etl_prod/old",
      "tokens that expire soon, and are rotated later than their policy says: etl_prod/old",
    ]
  `);
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
      { account: 'ruler', reason: { kind: 'admin' } } as const,
    ];
    expect(skippedText(all, plain)).toBe(
      'Skipped:\n  etl_prod/t1  it has no name\n    Revoke it at MotherDuck if no program uses it.\n  ruler  it has the Admin role\n    To manage it all the same, name it: mdacc import ruler',
    );
  });

  it.each([
    [{ skipped: 2 }, 'Imported 1 account and 2 tokens into a.yaml and b.yaml; 2 skipped.\n'],
    [
      { stage: 'dry_run' as const },
      'Would import 1 account and 2 tokens into a.yaml and b.yaml; nothing was written.\n',
    ],
    [{ files: [] }, 'Nothing to import.\n'],
    [{ files: [], configured: { accounts: 0, tokens: 1 } }, 'Adopted 1 token already in a.yaml.\n'],
    [{ written: { accounts: 0, tokens: 0 } }, 'Imported nothing into a.yaml and b.yaml.\n'],
    [{ files: [], skipped: 1 }, 'Nothing to import; 1 skipped.\n'],
  ])('is summed up: %o', (differs, said) => {
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
    expect(importSummary({ ...base, ...differs })).toBe(said);
  });
});
