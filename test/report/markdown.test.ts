import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { commentMarker } from '../../src/report/markdown.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
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
    expect(text).toMatchInlineSnapshot(`
      "**Plan: 0 accounts to create, 1 to change, 0 to delete; 0 tokens to create, 1 to rotate, 0 to revoke.**

      <!-- motherduck-accounts plan: acme -->
      acme at <time>

      ⚠️ applies were up to 80 days apart, longer than rotate&#95;before of etl&#95;prod/airflow<br>Such a token can expire before it is replaced. Apply more often, for example every night.

      | | account | what | why | risk |
      |---|---|---|---|---|
      | \`~\` | etl&#95;prod | set ducklings | read/write size pulse -&#62; standard, configuration line 7 | **disruptive** |
      | \`-/+\` | etl&#95;prod | rotate token airflow -&#62; airflow.2 | expires in 9 days, policy pipeline rotates at 14 days | safe |

      <details><summary>etl&#95;prod</summary>

      \`\`\`diff
        etl_prod:
          ducklings:
            read_write:
      -       size: pulse
      +       size: standard
            read_scaling:
              size: pulse
              pool_size: 2
          tokens:
            airflow:
              type: read_write
              expires: <time>
      +       revoked: 1d after its replacement
      +     airflow.2:
      +       type: read_write
      +       ttl: 90d
      +       policy: pipeline
      +       secret_store: memory
      \`\`\`

      </details>

      Unmanaged, not touched: 0 accounts, 0 tokens
      "
    `);
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
