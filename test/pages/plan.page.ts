/** The page of a plan in a browser: everybody can use it, on every screen, in light and dark, however many accounts it has. */
import { beforeAll, describe, expect, it } from 'vitest';
import { barriersIn, inBrowser, isTooWide, LOOKS } from './browser.ts';
import { planPageOf } from './organization.ts';

inBrowser('the page of a plan', (open) => {
  describe.each([5, 50])('of %i accounts', (accounts) => {
    let html: string;
    beforeAll(async () => {
      html = await planPageOf(accounts);
    });

    it.each(LOOKS)('can be used by everybody, $scheme on $size.width pixels', async (look) => {
      const opened = await open(html, look);
      expect(await isTooWide(opened)).toBe(false);
      expect(await barriersIn(opened)).toEqual([]);
      expect(opened.complaints).toEqual([]);
      await opened.page.close();
    });
  });
});
