import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { ALL_DUCKLINGS, ceilingText } from '../../src/report/plan/ceiling.ts';
import { planHtml } from '../../src/report/plan/html.ts';
import { planDocument } from '../../src/report/plan/json.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
import { planText } from '../../src/report/plan/text.ts';
import { untilText } from '../../src/report/plan/wording.ts';
import { coloured } from '../../src/report/terminal-text.ts';
import { expectGolden } from '../golden/golden.ts';
import { everything, nothing, withoutPrices } from './plans.ts';

it('as JSON is valid against its schema, whatever is in it', async () => {
  const plan = await everything();
  expect(new Set(plan.actions.map((action) => action.action)).size).toBe(9);
  const schema = JSON.parse(readFileSync('schemas/plan.schema.json', 'utf8')) as object;
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
  const document: unknown = JSON.parse(JSON.stringify(planDocument(plan)));
  validate(document);
  expect(validate.errors).toBeNull();
  validate(JSON.parse(JSON.stringify(planDocument(await withoutPrices()))));
  expect(validate.errors).toBeNull();
  expect(validate({ ...planDocument(plan), surprise: 1 })).toBe(false);
});

it('says that a sum of costs is of managed accounts, and why it is not known, the same in every format', async () => {
  for (const plan of [await everything(), await withoutPrices()]) {
    for (const render of [planText, planMarkdown, planHtml]) {
      const text = render(plan)
        .replace(/<[^>]*>|`/g, '')
        .replaceAll('→', '->')
        .replaceAll('&#39;', "'");
      expect(text).toContain(`${ALL_DUCKLINGS}, by compute_rates: ${plan.compute && ceilingText(plan.compute)}`);
    }
  }
});

it('as text says what is done, why, what it risks and costs, and what is left alone', async () => {
  const text = planText(await everything())
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?/g, '<time>');
  expectGolden('plans', 'as text, of everything', text);
});

it('says why a cost is not known, and what MotherDuck gives a new account', async () => {
  const plan = await withoutPrices();
  const text = planText(plan).replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '<time>');
  expectGolden('plans', 'as text, of costs that are not known', text);
  const markdown = planMarkdown(plan).replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '<time>');
  expectGolden('plans', 'as Markdown, of costs that are not known', markdown);
});

it('a plan in colour has the same text', async () => {
  const plan = await everything();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  expect(planText(plan, coloured).replace(/\x1b\[\d+m/g, '')).toBe(planText(plan));
});

it('as text shows the worst first, and nothing of it is pale', async () => {
  const text = planText(await everything(), coloured);
  const risks = text.match(/(?<=\()(\S*(?:destructive|disruptive)\S*)(?=\))/g) ?? [];
  expect(risks.slice(0, 2)).toEqual(['\x1b[1m\x1b[31mdestructive\x1b[39m\x1b[22m', '\x1b[33mdisruptive\x1b[39m']);
  expect(risks).toEqual([...risks].sort());
  expect(text).not.toMatch(/\[2m[^\n]*(destructive|disruptive)/);
  expect(text).toContain('\x1b[31m1 to delete\x1b[39m');
  expect(planText(await nothing(), coloured)).not.toContain('\x1b[31m');
});

it('counts days as a calendar does, in every format', () => {
  const [evening, morning] = [Date.parse('2026-11-29T23:00:00Z'), Date.parse('2026-12-03T01:00:00Z')];
  expect(untilText(morning, evening)).toBe('in 4 days');
  expect(untilText(morning + 1, morning)).toBe('in 1 second');
});

it('never says that a later change is in 0 seconds', () => {
  expect([untilText(1, 0), untilText(1000, 0), untilText(90_000, 0)]).toMatchInlineSnapshot(`
    [
      "in 1 second",
      "in 1 second",
      "in 1 minute",
    ]
  `);
});
