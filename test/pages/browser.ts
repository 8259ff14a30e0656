/** A Chromium in which the pages are opened as people see them, with `axe-core`, which checks whether everybody can use them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import axe, { type AxeResults } from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { findBrowser } from '../../scripts/find-browser.mjs';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };

/** How a page is looked at. */
export interface Look {
  readonly scheme: 'light' | 'dark';
  readonly size: { readonly width: number; readonly height: number };
}

/** Every page must be good in each of them. */
export const LOOKS: readonly Look[] = (['light', 'dark'] as const).flatMap((scheme) =>
  [PHONE, DESKTOP].map((size) => ({ scheme, size })),
);

/** A page in the browser. */
export interface Opened {
  readonly page: Page;
  /** What the browser complained about, such as something that the policy of the page forbids. */
  readonly complaints: readonly string[];
  readonly milliseconds: number;
}

/** Opens a page, given as its HTML. */
export type Open = (html: string, look?: Look) => Promise<Opened>;

/** Tests in a browser, that of CHROME_PATH or the first on the PATH; without one they are skipped, and say so. */
export function inBrowser(title: string, tests: (open: Open) => void): void {
  const program = findBrowser();
  if (program === undefined) {
    describe.skip(`${title}: skipped, no Chromium on the PATH or in CHROME_PATH`, () => tests(() => Promise.reject()));
    return;
  }
  describe(title, () => {
    let browser: Browser;
    const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-pages-'));
    beforeAll(async () => {
      browser = await puppeteer.launch({ executablePath: program, args: ['--no-sandbox'], protocolTimeout: 120_000 });
    });
    afterAll(async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    });
    tests((html, look) => open(browser, path.join(folder, 'page.html'), html, look));
  });
}

async function open(browser: Browser, file: string, html: string, look: Look = LOOKS[0] as Look): Promise<Opened> {
  writeFileSync(file, html);
  const page = await browser.newPage();
  await page.setViewport(look.size);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: look.scheme }]);
  const complaints: string[] = [];
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', (error) => void complaints.push(String(error)));
  const start = performance.now();
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
  return { page, complaints, milliseconds: performance.now() - start };
}

/** What `axe-core` finds wrong, by rule and element; folded parts are looked at too. */
export async function barriersIn({ page }: Opened): Promise<string[]> {
  await page.evaluate('for (const part of document.querySelectorAll("details")) part.open = true');
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
}

/** Whether the page is wider than the screen, so that it must be scrolled to the side. */
export async function isTooWide({ page }: Opened): Promise<boolean> {
  return (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) as boolean;
}
