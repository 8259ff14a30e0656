/** The page of an audit in a browser: everybody can use it, with and without its script, however many accounts it has. */
import { beforeAll, describe, expect, it } from 'vitest';
import { barriersIn, DESKTOP, inBrowser, isTooWide, LOOKS, type Opened } from './browser.ts';
import { auditPageOf, cleanAuditPage, unmanagedAuditPage } from './organization.ts';

const MANY = 5000;

inBrowser('the page of an audit', (open) => {
  describe.each([
    ['5 accounts', () => auditPageOf(5)],
    ['50 accounts', () => auditPageOf(50)],
    ['a clean organization', cleanAuditPage],
  ])('of %s', (_, makePage) => {
    let html: string;
    beforeAll(async () => {
      html = await makePage();
    });

    it.each(LOOKS)('can be used by everybody, $scheme on $size.width pixels', async (look) => {
      const opened = await open(html, look);
      expect(await isTooWide(opened)).toBe(false);
      expect(await barriersIn(opened)).toEqual([]);
      expect(opened.complaints).toEqual([]);
      await opened.page.close();
    });

    it('sorts its accounts by buttons that say the order, and filters them', async () => {
      const { page } = await open(html);
      const names = () => texts(page, '.inventory tbody tr:not([hidden]) th');
      const all = await names();
      await page.focus('.inventory th button');
      const order = () => page.$eval('.inventory th', (head) => head.getAttribute('aria-sort'));
      expect(await order()).toBe('none');
      await page.keyboard.press('Enter');
      expect(await order()).toBe('ascending');
      const ascending = await names();
      expect(ascending.toSorted()).toEqual(all.toSorted());
      await page.keyboard.press('Enter');
      expect(await order()).toBe('descending');
      expect(await names()).toEqual(ascending.toReversed());
      await page.type('.filter input', `  ${all[0]?.split(' ')[0]?.toUpperCase()} `);
      expect((await names()).length).toBeLessThan(all.length);
      expect(await names()).toContain(all[0]);
      expect(await texts(page, '.filter [role=status]')).toEqual([
        `${(await names()).length} of ${all.length} accounts`,
      ]);
      await page.close();
    });

    it('has room for dates and for what was used', async () => {
      const { page } = await open(html, { scheme: 'light', size: DESKTOP });
      const linesOf = async (selector: string) =>
        (await page.evaluate(`Array.from(document.querySelectorAll('${selector}'), (cell) => {
          const text = document.createRange();
          text.selectNodeContents(cell);
          return Math.round(text.getBoundingClientRect().height / parseFloat(getComputedStyle(cell).lineHeight));
        })`)) as number[];
      expect(Math.max(...(await linesOf('.inventory [data-is=Used]')))).toBeLessThanOrEqual(3);
      expect(Math.max(...(await linesOf('.inventory td:nth-child(5)')))).toBe(1);
      await page.close();
    });

    it('is printed as a table with its titles, on a page narrower than a screen', async () => {
      const { page } = await open(html, { scheme: 'light', size: { width: 700, height: 990 } });
      await page.emulateMediaType('print');
      const heights = (selector: string) =>
        page.$$eval(selector, (cells) => cells.map((cell) => cell.getBoundingClientRect().height));
      expect(Math.min(...(await heights('.inventory th button')))).toBeGreaterThan(0);
      // The cells of a row stand side by side.
      expect(new Set(await heights('.inventory tbody tr:first-child > *')).size).toBe(1);
      expect(await page.$eval('.filter', (filter) => filter.checkVisibility())).toBe(false);
      await page.close();
    });

    it('is complete without its script', async () => {
      const whole = await open(html);
      const bare = await open(html.replace(/<script>.*<\/script>/s, ''));
      const count = (page: Opened['page']) => page.$$eval('.inventory tbody tr', (rows) => rows.length);
      expect(await count(bare.page)).toBe(await count(whole.page));
      expect(await bare.page.$$('button')).toEqual([]);
      expect(await bare.page.$eval('.filter', (filter) => filter.checkVisibility())).toBe(false);
      await Promise.all([whole.page.close(), bare.page.close()]);
    });
  });

  it('runs no other script than its own', async () => {
    const html = await cleanAuditPage();
    const opened = await open(html.replace('</main>', '<script>document.title = "taken"</script></main>'));
    expect(await opened.page.title()).toBe('Audit of acme');
    expect(opened.complaints.join()).toMatch(/Content Security Policy/);
    await opened.page.close();
  });

  it(`of ${MANY} accounts opens in under two seconds`, async () => {
    const html = await unmanagedAuditPage(MANY);
    const times: number[] = [];
    for (let time = 0; time < 3; time++) {
      const opened = await open(html);
      times.push(opened.milliseconds);
      expect(await opened.page.$$eval('.inventory tbody tr', (rows) => rows.length)).toBe(MANY);
      await opened.page.close();
    }
    expect(Math.min(...times)).toBeLessThan(2000);
  });
});

function texts(page: Opened['page'], selector: string): Promise<string[]> {
  return page.$$eval(selector, (elements) => elements.map(({ textContent }) => textContent ?? ''));
}
