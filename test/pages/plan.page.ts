/** The page of a plan in a browser: everybody can use it, on every screen, in light and dark, however many accounts it has. */
import { beforeAll, describe, expect, it } from 'vitest';
import { barriersIn, inBrowser, isTooWide, LOOKS, PHONE } from './browser.ts';
import { organizationOf, planPageOf } from './organization.ts';

inBrowser('the page of a plan', (open) => {
  describe.each([5, 50, 3000])('of %i accounts', (accounts) => {
    let html: string;
    beforeAll(async () => {
      html = await planPageOf(accounts);
    });

    it.each(LOOKS)('can be used by everybody, $scheme on $size.width pixels', async (look) => {
      const opened = await open(html, look);
      expect(await isTooWide(opened)).toBe(false);
      expect(await barriersIn(opened)).toEqual([]);
      expect(await isTooWide(opened)).toBe(false);
      expect(opened.complaints).toEqual([]);
      await opened.page.close();
    });

    it('is small, and can be read in a minute', async () => {
      expect(html.length).toBeLessThan(1_000_000);
      const { page } = await open(html);
      const text = (await page.evaluate('document.body.innerText')) as string;
      // The names of many accounts are folded.
      expect(text.split(/\s+/).length).toBeLessThan(850);
      await page.close();
    });
  });

  it('can be used by everybody where the plan is refused, and where it has no changes', async () => {
    const stage = await organizationOf(5);
    const pageOf = async () => (await stage.run('plan --sandbox --prune --format html')).stdout;
    stage.edit((text) => text.replace('max_deletes: 1', 'max_deletes: 0'));
    const refused = await pageOf();
    expect(refused).toContain('<b>Refused</b>');
    stage.edit((text) => text.replace('max_deletes: 0', 'max_deletes: 1'));
    await stage.run('apply --sandbox --prune --yes --allow-delete --no-smoke');
    const done = await pageOf();
    expect(done).toContain('<h1>No changes.');
    for (const html of [refused, done]) {
      const opened = await open(html, { scheme: 'dark', size: PHONE });
      expect(await isTooWide(opened)).toBe(false);
      expect(await barriersIn(opened)).toEqual([]);
      await opened.page.close();
    }
  });

  it('is gone through with the keyboard in the order of the page, and unfolds', async () => {
    const { page } = await open(await planPageOf(50));
    const tops: number[] = [];
    const count = (await page.evaluate('document.querySelectorAll("a, summary").length')) as number;
    for (let stop = 0; stop < count; stop += 1) {
      await page.keyboard.press('Tab');
      const { top, outline } = (await page.evaluate(FOCUSED)) as { top: number; outline: string };
      tops.push(top);
      expect(outline).not.toBe('none');
    }
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    await page.focus('details > summary');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.querySelector("details").open')).toBe(true);
    await page.close();
  });
});

const FOCUSED = `(() => {
  const { offsetTop: top } = document.activeElement;
  return { top, outline: getComputedStyle(document.activeElement).outlineStyle };
})()`;
