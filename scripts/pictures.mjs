// Makes the pictures of README.md and docs/ from what the program prints: `npm run pictures`. It needs a Chromium, that of
// CHROME_PATH or the first on the PATH. Dates in the pictures are those of the day on which it runs.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { marked } from 'marked';
import puppeteer from 'puppeteer-core';
import { findBrowser } from './find-browser.mjs';
import { terminalPicture } from './terminal-picture.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.join(root, 'docs/pictures');
const SCHEMES = ['light', 'dark'];
const WIDTH = 1000;

const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-pictures-'));
const file = path.join(folder, 'motherduck.accounts.yaml');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What the program prints in the folder of the pictures. */
function mdacc(words, env = {}, cwd = folder) {
  const { MOTHERDUCK_ADMIN_TOKEN: _, MOTHERDUCK_TOKEN: __, ...own } = process.env;
  return execFileSync(process.execPath, [path.join(root, 'dist/main.cjs'), ...words.split(' '), '--sandbox'], {
    cwd,
    env: { ...own, COLUMNS: '100', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    // errors are in the output too
  });
}

function edit(from, to) {
  const text = readFileSync(file, 'utf8');
  if (text.search(from) === -1) throw new Error(`motherduck.accounts.yaml has no ${from}`);
  writeFileSync(file, text.replace(from, to));
}

/** An organization some weeks after its first apply, with tokens that are due. */
function prepare() {
  cpSync(path.join(root, 'motherduck.accounts.yaml'), file);
  edit(
    'organization: acme\n',
    'organization: acme\ncompute_rates: { currency: USD, pulse: 0.4, standard: 2.4, jumbo: 4.8 }\n',
  );
  edit(/^ {6}backfill: .*\n/m, '');
  edit(/^ {2}tenant_globex: /m, '  tenant_hooli: { template: tenant, deletion_protection: false }\n$&');
  edit('max_deletes: 0', 'max_deletes: 1');
  edit(/^ {2}allowed_sizes: .*\n/m, '');
  mdacc('apply --yes');
  for (let week = 0; week < 4; week += 1) {
    mdacc('sandbox advance 6d');
    if (week < 3) mdacc('apply --due --yes --no-smoke');
  }
}

/** The audit of a copy of that organization, in which two accounts are not in the configuration, tokens have expired, and one finding is accepted. */
function audit() {
  const copy = path.join(folder, 'audit');
  for (const name of readdirSync(folder))
    if (name !== 'audit') cpSync(path.join(folder, name), path.join(copy, name), { recursive: true });
  const text = readFileSync(file, 'utf8');
  const accepted =
    'audit: { accept: [{ rule: MDA014, accounts: [etl_prod], reason: the dashboards begin to use its pool in spring }] }';
  writeFileSync(path.join(copy, path.basename(file)), `${text}\n${accepted}\n`);
  mdacc('sandbox seed 2', {}, copy);
  mdacc('sandbox advance 7d', {}, copy);
  return mdacc('audit --fail-on never --format html', {}, copy);
}

/** A configuration with a resize, a new tenant, and one that leaves. */
function change() {
  edit('size: standard, cooldown: 10m', 'size: jumbo, cooldown: 10m');
  edit(
    /^ {2}tenant_hooli: .*\n/m,
    `  tenant_initech: { template: tenant, setup: ['CREATE DATABASE IF NOT EXISTS "{account}"'] }\n`,
  );
}

/** A comment as people see it below a pull request. */
function commentPage(markdown) {
  const style = readFileSync(path.join(root, 'scripts/comment.css'), 'utf8');
  return `<!doctype html><meta charset="utf-8"><style>${style}</style><div class="comment"><div class="head"><b>github-actions</b> commented</div><div class="body">${marked.parse(markdown)}</div></div>`;
}

/** Shows that the page goes on below. Runs in the browser. */
function fade(colour) {
  const edge = document.createElement('div');
  const back = `linear-gradient(transparent, ${colour})`;
  Object.assign(edge.style, { position: 'fixed', left: 0, right: 0, bottom: 0, height: '72px', background: back });
  document.body.append(edge);
}

/** @param height The lower part of a longer page is cut off. */
async function photograph(browser, html, name, { width, height }) {
  const page = await browser.newPage();
  const source = path.join(folder, 'page.html');
  writeFileSync(source, html);
  for (const scheme of SCHEMES) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport({ width, height, deviceScaleFactor: 1.5 });
    await page.goto(pathToFileURL(source).href);
    const whole = await page.evaluate('Math.ceil(document.body.getBoundingClientRect().bottom)');
    if (whole > height) await page.evaluate(fade, scheme === 'dark' ? '#0d1117' : '#ffffff');
    const clip = { x: 0, y: 0, width, height: Math.min(height, whole) };
    await page.screenshot({ path: path.join(target, `${name}-${scheme}.png`), clip });
  }
  await page.close();
}

prepare();
mkdirSync(target, { recursive: true });
const executablePath = findBrowser();
if (executablePath === undefined) throw new Error('there is no Chromium on the PATH: set CHROME_PATH to one');
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] });
try {
  await photograph(browser, audit(), 'audit-page', { width: 1100, height: 1400 });
  change();
  const plan = mdacc('plan --prune', { FORCE_COLOR: '1' });
  for (const scheme of SCHEMES)
    writeFileSync(path.join(target, `terminal-${scheme}.svg`), terminalPicture('mdacc plan --prune', plan, scheme));
  const comment = mdacc('plan --prune --format markdown');
  await photograph(browser, commentPage(comment), 'pull-request', { width: WIDTH, height: 430 });
  await photograph(browser, mdacc('plan --prune --format html'), 'plan-page', {
    width: 1100,
    height: 900,
  });
} finally {
  await browser.close();
}
