/** The pages: valid, self-contained, small, readable, and never anything but text where a name stands. */
import fc from 'fast-check';
import { HtmlValidate } from 'html-validate/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
  it('shows findings most severe first by account, and the rules', async () => {
    await expect(withoutStyle(auditHtml(audits.FOUND))).toMatchFileSnapshot('../golden/audit.html');
  });

  it('of a clean organization is small', () => {
    const page = auditHtml(audits.CLEAN);
    expect(bodyOf(page)).toMatch(/<h1>Audit: .* 4 accounts .* 5 tokens\.<\/h1>/);
    expect(bodyOf(page)).not.toContain('class="card"');
  });

  it('is valid HTML', async () => {
    const all = [audits.FOUND, audits.CLEAN, audits.large(60), audits.renamed(audits.FOUND, HOSTILE)];
    for (const audit of all) expect(await problemsOf(auditHtml(audit))).toEqual([]);
  });

  it('opens with 1,000 accounts, the notes folded', () => {
    const page = auditHtml(audits.large(1000));
    expect(page.length).toBeLessThan(500_000);
    expect(page).toMatch(/<section id="notes"><h2>500 notes<\/h2><details>/);
  });
});

describe('every page', () => {
  const ELEMENTS = new Set(
    `html head meta title link style body header main footer section nav h1 h2 h3 p div span b bdi a code pre ins del
    small ul ol li dl dt dd details summary table thead tbody tfoot tr th td svg g line path rect text use`.split(
      /\s+/,
    ),
  );
  const ATTRIBUTES = new Set(
    `lang charset http-equiv content name rel href class id role scope colspan data-is aria-hidden aria-label
    aria-labelledby x y x1 x2 y1 y2 d fill width height viewbox`.split(/\s+/),
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
        for (const page of [planHtml(renamed(plan, name)), auditHtml(audits.renamed(audits.FOUND, name))]) {
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
