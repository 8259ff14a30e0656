/** Formats that a command line asks for, from the command to the text. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const PAGE = /^<!doctype html>\n.*<\/html>\n$/s;

it('plan --format html gives a page and nothing else', async () => {
  const { code, stdout, stderr } = await new Stage().run('plan --sandbox --format html --quiet');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(PAGE);
  expect(stdout).toMatch(/<h1>.*\b3 accounts<\/h1>/);
  expect(stdout).toMatch(/<dt>tokens to create<\/dt><dd>4<\/dd>/);
  expect(stdout).toContain('<b>Sandbox.</b>');
});

it('apply --format html leaves the page of its plan on stdout as it is, and says on stderr what was done', async () => {
  const { code, stdout, stderr } = await new Stage().run('apply --sandbox --yes --no-smoke --format html');
  expect(code).toBe(0);
  expect(stdout).toMatch(PAGE);
  expect(stderr).toContain(': 10 of 10 ');
});

it('apply --format markdown writes commands to type next with plain blanks', async () => {
  const stage = new Stage();
  stage.edit((text) =>
    text.replace(/^accounts:\n {2}\w+:\n/m, (head) => `${head}    setup: ["ATTACH 'md:missing'"]\n`),
  );
  const { code, stdout } = await stage.run('apply --sandbox --yes --format markdown');
  expect(code).toBe(4);
  expect(stdout).toContain(': mdacc apply --sandbox\n');
  expect(stdout).not.toContain('\ufdd0');
});
