/** The badges of README.md are true: each says in words and in its picture what the package and the repository have. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';

const badges = [...readText('README.md').matchAll(/^\[!\[([^\]]+)\]\(([^)]+)\)\]\(([^)]+)\)$/gm)].map((found) =>
  found.slice(1),
);

it('are three: the pipeline, the version of Node and the license', () => {
  const repository = manifest.repository.url.replace(/^git\+|\.git$/g, '');
  const ci = `${repository}/actions/workflows/ci.yml`;
  const node = manifest.engines.node.replace('>=', '');
  expect(badges).toEqual([
    ['CI', `${ci}/badge.svg?branch=main`, ci],
    [`Node ${node} or later`, `https://img.shields.io/badge/node-${node}_or_later-blue`, 'package.json'],
    [`License: ${manifest.license}`, `https://img.shields.io/badge/license-${manifest.license}-blue`, 'LICENSE'],
  ]);
});

it('badges name a workflow, a version and a license that exist', () => {
  const workflow = readText('.github/workflows/ci.yml');
  expect(workflow).toMatch(/^name: CI$/m);
  expect(workflow).toMatch(/^ +branches: \[main\]$/m);
  expect(existsSync(path.join(ROOT, 'package.json'))).toBe(true);
  expect(readText('LICENSE')).toContain(`${manifest.license} License`);
});
