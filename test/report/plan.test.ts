import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { coloured } from '../../src/report/paint.ts';
import { planDocument } from '../../src/report/plan/json.ts';
import { planText } from '../../src/report/plan/text.ts';
import { everything } from './plans.ts';

it('as JSON is valid against its schema, whatever is in it', async () => {
  const plan = await everything();
  expect(new Set(plan.actions.map((action) => action.action)).size).toBe(9);
  const schema = JSON.parse(readFileSync('schemas/plan.schema.json', 'utf8')) as object;
  const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);
  const document: unknown = JSON.parse(JSON.stringify(planDocument(plan)));
  validate(document);
  expect(validate.errors).toBeNull();
  expect(validate({ ...planDocument(plan), surprise: 1 })).toBe(false);
});

it('as text says what is done, why, what it risks and costs, and what is left alone', async () => {
  const text = planText(await everything())
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replace(/\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?/g, '<time>');
  expect(text).toMatchInlineSnapshot(`
    "acme, in the sandbox (nothing here reaches MotherDuck), <time>

      + fresh  new (line 7)
          + ducklings  read/write pulse; pool pulse x2, at most 0.00 -> 1.50 an hour
          + a          read_write, 90d, secret to memory

      ? adopted  it exists at MotherDuck and is not in the state: adopted as it is
          ? app  read_write, never expires
              "app" is live and not in the state: adopted as it is, its secret unknown here

      ~ rotating
          ~ ducklings  read/write standard, cooldown 10m; pool standard x4, at most 1.50 -> 12.00 an hour
              read/write size pulse -> standard; read scaling pool pulse x2 -> standard x4; read/write cooldown none -> 10m, configuration line 7 (disruptive)
        -/+ a -> a.2   read_write, 90d, secret to memory, the old one lives on for 1d
              expires in 9 days, policy pipeline rotates at 14 days
          - b          read_write, id <id>
              "b" left the configuration (disruptive)

      - gone  it left the configuration, and MotherDuck does not have it any more

      - removed  it left the configuration; 1 token and all databases it owns go with it (destructive)
          tokens that go with it: a

    Refused: the plan deletes 1 account and guardrails.max_deletes is 0: removed
      If that is intended, set "max_deletes: 1" under guardrails.

    Warning: applies were up to 80 days apart, longer than rotate_before of rotating/a
      Such a token can expire before it is replaced. Apply more often, for example every night.
    Warning: all Ducklings at once would cost 25.5 an hour and guardrails.max_compute_ceiling is 9
      Choose smaller sizes or pools, or raise max_compute_ceiling.

    Unmanaged, not touched: 1 account (stray), 1 token (rotating/laptop)
    All Ducklings at once cost at most 25.50 an hour (by compute_rates)

    Plan: 1 account to create, 1 to change, 1 to delete, 1 to adopt, 1 to forget; 1 token to create, 1 to rotate, 1 to revoke, 1 to adopt.
    "
  `);
});

it('in colour is the same text', async () => {
  const plan = await everything();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  expect(planText(plan, coloured).replace(/\x1b\[\d+m/g, '')).toBe(planText(plan));
});
