/** The pages: valid, self-contained, small, readable, and never anything but text where a name stands. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { HtmlValidate } from 'html-validate/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Audit, Finding } from '../../src/model/audit.ts';
import { SCRIPT } from '../../src/report/audit/html/script.ts';
import { auditHtml } from '../../src/report/audit/html.ts';
import { planHtml } from '../../src/report/plan/html.ts';
import * as audits from './audits.ts';
import { different, everything, large, nothing, renamed, withoutIds } from './plans.ts';

const LONG = `${'x'.repeat(255)}`;
const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\u202e`;

// The document type stands in lower case, as HTML's specification writes it; a title is counted with its entities.
const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: { 'doctype-style': ['error', { style: 'lowercase' }], 'long-title': 'off' },
});

async function problemsOf(page: string): Promise<string[]> {
  const { results } = await validator.validateString(page);
  return results.flatMap(({ messages }) =>
    messages.map(({ line, ruleId, message }) => `${line} ${ruleId}: ${message}`),
  );
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'hrtime'], now: Date.UTC(2026, 10, 24, 22, 53) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a plan as a page', () => {
  it('shows what is done, why, what it costs, when tokens end, and what is left alone', async () => {
    const page = planHtml(await everything());
    await expect(withoutStyle(withoutIds(page))).toMatchFileSnapshot('../golden/plan.html');
  });

  it('of nothing is small, and says when tokens will rotate', async () => {
    const page = planHtml(await nothing());
    expect(bodyOf(page)).toContain('<h1>No changes.');
    expect(bodyOf(page)).toMatch(/2027-02-08 .*\b76 days/);
    expect(bodyOf(page)).not.toMatch(/<nav|class="card"|<table/);
    expect(bodyOf(page).length).toBeLessThan(2500);
  });

  it('is valid HTML', async () => {
    const plans = [
      await everything(),
      await nothing(),
      await large(60),
      await different(60),
      renamed(await everything(), HOSTILE),
    ];
    for (const plan of plans) expect(await problemsOf(planHtml(plan))).toEqual([]);
  });

  it('says when it is of the sandbox, and only then', async () => {
    const plan = await everything();
    expect(planHtml(plan)).toContain('<b>Sandbox.</b>');
    expect(planHtml({ ...plan, sandbox: false })).not.toContain('<b>Sandbox.</b>');
  });

  it('of 3,000 alike accounts is one card with all names, one row of Ducklings and one of tokens', async () => {
    const page = planHtml(await large(3000));
    expect(page.length).toBeLessThan(300_000);
    expect(page.match(/class="card"/g)).toHaveLength(1);
    for (const name of ['tenant_0', 'tenant_1234', 'tenant_2999']) expect(page).toContain(`<li>${name}</li>`);
    expect(page).toContain('tenant_0 … tenant_2999');
    expect(page.match(/<tr><th scope="row">3000 accounts/g)).toHaveLength(1);
    expect(page.match(/<li><div><b>app<\/b> of 3000 accounts/g)).toHaveLength(1);
    expect(page).toMatch(/<svg[^>]* role="img"[^>]*><title[^>]*>[^<]*\btokens\b[^<]*</);
  });

  it('draws the soonest 40 tokens that differ, and says how many are left out', async () => {
    const page = planHtml(await different(60));
    expect(page.match(/<li><div><b>tenant_/g)).toHaveLength(40);
    expect(page).toMatch(/ 40 of 60 tokens\b.*\b20 /);
  });

  it('has numbers without zeros, and what is destructive before all else', async () => {
    const page = planHtml(await everything());
    const counts = [...page.matchAll(/<dt>([^<]*)<\/dt><dd>(\d+)<\/dd>/g)].map(
      ([, label, count]) => `${count} ${label}`,
    );
    expect(counts).toEqual(
      expect.arrayContaining(['1 destructive action', '1 account to delete', '1 account to create']),
    );
    expect(counts.filter((text) => text.startsWith('0 '))).toEqual([]);
    const at = (id: string) => page.indexOf(`<section id="${id}"`);
    const order = ['destructive', 'disruptive', 'safe', 'warnings', 'ducklings', 'timeline', 'untouched'];
    expect(order.map(at)).toEqual(order.map(at).toSorted((a, b) => a - b));
    expect(order.map(at)).not.toContain(-1);
    // What blocks the plan stands above the changes.
    expect(page.indexOf('<b>Refused</b>')).toBeLessThan(at('destructive'));
    expect(page.indexOf('<b>Warning</b>')).toBeGreaterThan(at('safe'));
  });

  it('shows a size that grows, one that shrinks, and the ceiling of all', async () => {
    const plan = await everything();
    const row = (page: string) => /<tr><th scope="row">rotating<\/th>.*?<\/tr>/s.exec(page)?.[0] ?? '';
    expect(row(planHtml(plan))).toMatch(/pulse → <b>standard<\/b> <span class="tag change">▲ up<\/span>/);
    expect(row(planHtml(plan))).toMatch(/pulse x2 → <b>standard x4<\/b>/);
    expect(row(planHtml(plan))).toContain('1.50 → 12.00 an hour');
    const turned = plan.actions.map((action) =>
      action.action === 'set_ducklings' && action.before !== null
        ? { ...action, before: { ...action.before, read_write: { size: 'giga' as const } } }
        : action,
    );
    expect(row(planHtml({ ...plan, actions: turned }))).toMatch(
      /giga → <b>standard<\/b> <span class="tag adopt">▼ down/,
    );
  });
});

describe('an audit as a page', () => {
  it('shows the organization, findings most severe first by rule, its accounts, and the rules', async () => {
    await expect(withoutStyle(withoutScript(auditHtml(audits.FOUND)))).toMatchFileSnapshot('../golden/audit.html');
  });

  it('of a clean organization is small', () => {
    const page = auditHtml(audits.CLEAN);
    expect(bodyOf(page)).toMatch(/<h1>Audit: .* 4 accounts .* 5 tokens\.<\/h1>/);
    expect(bodyOf(page)).not.toContain('class="card"');
  });

  it('of a clean organization says what was checked and what comes next, soonest first', () => {
    const page = bodyOf(auditHtml(audits.CLEAN));
    expect(page).toMatch(/Nothing was found\..*6 rules checked 4 accounts and 5 tokens;/);
    expect(page.match(/<li><bdi>[^<]*<\/bdi> (rotates|is revoked|expires) [^<]*<\/li>/g)).toEqual([
      '<li><bdi>etl_prod/airflow.g0</bdi> is revoked with the next apply</li>',
      '<li><bdi>marketing_bot/&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;</bdi> expires 2026-12-24 (in 30 days)</li>',
      '<li><bdi>etl_prod/airflow</bdi> rotates 2027-02-08 (in 76 days)</li>',
    ]);
  });

  it('has commands that can be copied, in their context and for all accounts of a rule', () => {
    const page = auditHtml(audits.large(120), undefined, ({ command }) => [
      ...command,
      '--config',
      "o'neill.yaml",
    ]).replaceAll('<span class="whole">--config</span>', '--config');
    expect(page).toMatch(
      /\(for the first 50 of 60\):<\/p><details><summary>[^<]*<\/summary><pre class="run"><code class="command">mdacc import tenant_0 .* tenant_49 --config &#39;o&#39;\\&#39;&#39;neill\.yaml&#39;<\/code>/,
    );
  });

  it('draws one bar for accounts with the same Ducklings, and says how many have none', () => {
    const { inventory } = audits.large(1000);
    const varied = inventory.accounts.map((account, index) => {
      const read_scaling = { size: 'pulse' as const, pool_size: index % 30 };
      return { ...account, ceiling: index % 30, ducklings: { read_write: { size: 'pulse' as const }, read_scaling } };
    });
    const page = auditHtml({ ...audits.FOUND, inventory: { ...inventory, accounts: varied } });
    expect(page.match(/<li><div>3[34] accounts <span class="quiet"><bdi>tenant_/g)).toHaveLength(20);
    expect(page).toContain('30 Ducklings each, at most 29.00 USD an hour each, 957.00 USD together');
    expect(page).toMatch(/<p class="quiet">340 accounts [^<]*<\/p><\/section>/);
  });

  it('allows one script, by its hash, which is the same whatever the audit is of', () => {
    const scripts = [audits.FOUND, audits.CLEAN, audits.renamed(audits.FOUND, HOSTILE)].map((audit) => {
      const page = auditHtml(audit);
      const [, script = ''] = /<script>(.*)<\/script>\n<\/body>/s.exec(page) ?? [];
      const hash = createHash('sha256').update(script).digest('base64');
      expect(page).toContain(`; script-src &#39;sha256-${hash}&#39;">`);
      expect(page.match(/<script/g)).toHaveLength(1);
      return script;
    });
    expect(new Set(scripts).size).toBe(1);
  });

  it('is valid HTML', async () => {
    const all = [audits.FOUND, audits.CLEAN, audits.large(120), audits.renamed(audits.FOUND, HOSTILE)];
    for (const audit of all) expect(await problemsOf(auditHtml(audit))).toEqual([]);
  });

  it('opens with 1,000 accounts, all but the first findings of a rule folded', () => {
    const page = auditHtml(audits.large(1000));
    expect(page.length).toBeLessThan(500_000);
    expect(page).toMatch(/<section id="inventory">.*<details><summary>All 1000 accounts, [^<]*<\/summary>.*<table/s);
    expect(page).toMatch(/<section id="notes"><h2>500 notes<\/h2>.*<details><summary>[^<]*\b495 [^<]*<\/summary>/s);
  });

  it('says the same of many accounts a few times, and what differs of each', () => {
    const audit = audits.large(1000);
    const [first, ...rest] = audit.findings;
    const times = (findings: Audit['findings']) => auditHtml({ ...audit, findings }).split(message).length - 1;
    const message = first?.message ?? '';
    expect(times(audit.findings)).toBe(10);
    const other = { ...rest.at(-1), message: 'another', account: 'one' } as Finding;
    expect(times([...audit.findings, other])).toBe(505);
    const page = auditHtml(audit);
    for (const { account } of audit.findings) expect(page).toContain(`<b>${account}</b>`);
  });
});

describe('every page', () => {
  const ELEMENTS = new Set(
    `html head meta title link style body header main footer section nav h1 h2 h3 p div span b bdi a code pre ins del
    small ul ol li dl dt dd label input details summary table thead tbody tfoot tr th td svg g line path rect text use`.split(
      /\s+/,
    ),
  );
  const ATTRIBUTES = new Set(
    `lang charset http-equiv content name rel href class id role scope colspan data-is aria-hidden aria-label
    aria-labelledby type autocomplete hidden data-sort x y x1 x2 y1 y2 d fill width height viewbox`.split(/\s+/),
  );

  it('has no element and no attribute that could run or load something, whatever the names are', async () => {
    const plan = await everything();
    const names = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        HOSTILE,
        LONG,
        '</style><script>',
        '"onload="x',
        "'onclick='x",
        '`',
        '<!--',
        ']]>',
        '&#60;script',
      ),
    );
    fc.assert(
      fc.property(names, (name) => {
        const audit = withoutScript(auditHtml(audits.renamed(audits.FOUND, name)));
        for (const page of [planHtml(renamed(plan, name)), audit]) {
          const { elements, attributes } = partsOf(page);
          expect([...elements].filter((element) => !ELEMENTS.has(element))).toEqual([]);
          expect([...attributes].filter((attribute) => !ATTRIBUTES.has(attribute))).toEqual([]);
          expect(page.match(/<!/g)).toHaveLength(1);
        }
      }),
    );
  });

  it('keeps a hostile name as text', async () => {
    const page = planHtml(renamed(await everything(), HOSTILE));
    expect(page).toContain('rotating&#34;&#39;&#62;&#60;script&#62;alert(1)&#60;/script&#62;');
    expect(page).not.toMatch(/<script|<img|\u202e/i);
  });

  it('loads nothing: no address in it, and a policy that forbids what could', async () => {
    for (const page of [planHtml(await everything()), auditHtml(audits.FOUND)]) {
      expect(page).not.toMatch(/https?:|url\(|@import|\ssrc=/);
      expect(page).toContain('content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:;');
      expect([...page.matchAll(/href="([^"]*)"/g)].filter(([, to]) => !/^(#|data:,$)/.test(to ?? ''))).toEqual([]);
    }
  });

  it('has links only to what is there', async () => {
    for (const page of [planHtml(await everything()), planHtml(await large(60)), auditHtml(audits.FOUND)]) {
      const ids = new Set([...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
      const targets = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
      expect(targets.filter((target) => !ids.has(target ?? ''))).toEqual([]);
    }
  });
});

function bodyOf(page: string): string {
  return page.slice(page.indexOf('<body>'));
}

/** Without the only script, which is the same in every page, and its hash. */
function withoutScript(page: string): string {
  return page.replace(`<script>${SCRIPT}</script>`, '').replace(/sha256-[\w+/]+=*/, 'sha256-');
}

/** What is under test stands without its looks, which are a line of their own in every page. */
function withoutStyle(page: string): string {
  return page.replace(/<style>.*<\/style>/, '<style></style>');
}

/** Read as a browser does: tags, and in them what stands outside of quotes. */
function partsOf(page: string): { elements: Set<string>; attributes: Set<string> } {
  const elements = new Set<string>();
  const attributes = new Set<string>();
  for (const [, name, rest] of page.matchAll(/<([a-z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi)) {
    elements.add((name ?? '').toLowerCase());
    for (const [attribute] of (rest ?? '').replace(/="[^"]*"/g, ' ').matchAll(/[^\s/]+/g))
      attributes.add(attribute.toLowerCase());
  }
  return { elements, attributes };
}
