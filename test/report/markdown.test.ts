import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { commentMarker } from '../../src/report/escape.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
import { expectGolden } from '../golden/golden.ts';
import { DAY, desire, token, World } from '../world.ts';
import { large, SMALL } from './plans.ts';

async function rotating(): Promise<Plan> {
  const world = new World();
  const desired = (size: 'pulse' | 'standard') =>
    desire({ etl_prod: { tokens: [token('airflow')], ducklings: { ...SMALL, read_write: { size } } } });
  await world.apply(desired('pulse'));
  await world.organization.advance(80.5 * DAY);
  return world.plan(desired('standard'));
}

describe('a plan as Markdown', () => {
  it('has the summary first, a marker, a table, and a diff of each account', async () => {
    const text = planMarkdown(await rotating())
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
      .replace(/\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?/g, '<time>');
    expectGolden('plans', 'as Markdown, of a change and a rotation', text);
  });

  it('is at most 65,000 characters, cut at the border of an account, and says what was left out', async () => {
    const text = planMarkdown(await large(400));
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text.length).toBeGreaterThan(50_000);
    const left = Number(/… and (\d+) accounts \(/.exec(text)?.[1]);
    expect(text.match(/<details>/g)).toHaveLength(400 - left);
    expect(text.match(/<\/details>/g)).toHaveLength(400 - left);
    expect(text).toContain('400 accounts to create');
    expect(text).toContain('Unmanaged, not touched');
  });

  it('takes no Markdown, HTML or mention from the names of a live organization', async () => {
    const world = new World();
    await world.api.createUser('etl_prod');
    for (const name of [
      'a|b',
      '```\n</details>',
      '<img src=x>',
      '@everyone',
      '[x](http://evil)',
      'www.evil.example',
      'fixes #1',
    ]) {
      await world.api.createToken('etl_prod', { name });
    }
    await world.api.createToken('etl_prod', { name: '```app' });
    const plan = await world.plan(desire({ etl_prod: { tokens: [token('app', { name: '```app' })] } }));
    const text = planMarkdown(plan);
    for (const mark of ['a|b', '</details>\n\n<', '<img', '@everyone', '[x](', 'http://evil', 'www.evil', 'fixes #1'])
      expect(text).not.toContain(mark);
    expect(text).toContain('&#64;&#8203;everyone');
    expect(text).toContain('````diff');
    expect(commentMarker('plan', 'x --> <script>')).toBe('<!-- motherduck-accounts plan: x------script- -->');
  });
});
