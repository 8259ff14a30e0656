/** The workflows of this repository: valid for GitHub, with no more permissions than they need. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { githubParser, type Parser } from '../ci/github-parser.ts';
import type { Job, Workflow } from '../ci/workflow.ts';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';

const FOLDER = path.join(ROOT, '.github/workflows');
const names = readdirSync(FOLDER);
const textOf = (name: string) => readFileSync(path.join(FOLDER, name), 'utf8');
const read = (name: string) => parse(textOf(name)) as Workflow;
const stepsOf = ({ steps }: Job) => steps.map(({ run, uses }) => run ?? uses?.split('@')[0] ?? '');

let parser: Parser;
beforeAll(async () => {
  parser = await githubParser(await newFolder());
});

describe.each(names)('%s', (name) => {
  const jobs = Object.entries(read(name).jobs);

  it('is valid for GitHub', () => {
    expect(parser.errorsOf(name, textOf(name))).toEqual([]);
  });

  it('pins each action to a commit and names its version', () => {
    const used = [...textOf(name).matchAll(/uses: (.*)$/gm)].map((match) => match[1] ?? '');
    expect(used.length).toBeGreaterThan(1);
    expect(used.filter((each) => !/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(each))).toEqual([]);
  });

  it('has read permissions by default, keeps no credentials and has a time limit', () => {
    expect(read(name).permissions).toEqual({ contents: 'read' });
    for (const [id, job] of jobs) {
      expect(job['timeout-minutes'], id).toBeLessThanOrEqual(60);
      const checkouts = job.steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
      for (const checkout of checkouts) expect(checkout.with, id).toEqual({ 'persist-credentials': false });
    }
  });

  it('runs only scripts of package.json, and interpolates no untrusted text', () => {
    const scripts = jobs.flatMap(([, job]) => job.steps.flatMap(({ run }) => run ?? []));
    expect(scripts.filter((run) => run.includes('${{'))).toEqual([]);
    const asked = scripts.flatMap((run) => [...run.matchAll(/^npm run (\S+)/gm)].map((match) => match[1] ?? ''));
    expect(asked.filter((script) => !Object.hasOwn(manifest.scripts, script))).toEqual([]);
  });
});

describe('CI', () => {
  const { test } = read('ci.yml').jobs as unknown as { test: Job & { strategy: { matrix: Record<string, string[]> } } };

  it('runs every check with every supported Node, the oldest included, on every system', () => {
    const { os, node, include } = test.strategy.matrix;
    expect(os).toEqual(['ubuntu-latest', 'macos-latest', 'windows-latest']);
    expect(node).toEqual(['20', '22', '24']);
    expect(include).toEqual([{ os: 'ubuntu-latest', node: manifest.engines.node.replace('>=', '') }]);
    expect(stepsOf(test).slice(2)).toEqual([
      'npm ci --no-audit --no-fund',
      'npm run check',
      'git diff --exit-code',
      'npm test',
      'npm run demo',
    ]);
  });
});

describe('a release', () => {
  const { check, publish } = read('release.yml').jobs as Record<string, Job>;

  it('is checked and tested before it is published', () => {
    expect(check && stepsOf(check).slice(2)).toEqual([
      'node scripts/check-release.mjs "$GITHUB_REF_NAME"',
      'npm ci --no-audit --no-fund',
      'npm run check',
      'npm test',
      'node scripts/sbom.mjs > sbom.cdx.json',
      'actions/upload-artifact',
    ]);
    expect(publish?.needs).toBe('check');
  });

  it('is published with provenance, after an approval, by the only job with an identity token', () => {
    expect(publish?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(publish?.environment).toBe('npm');
    expect(check?.permissions).toBeUndefined();
    expect(publish && stepsOf(publish).at(-1)).toMatch(/^npm publish --provenance --access public --tag /);
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
  });

  it('uses no cache', () => {
    for (const job of [check, publish]) {
      const setup = job?.steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'));
      expect(setup?.with).toMatchObject({ 'package-manager-cache': false });
      expect(setup?.with).not.toHaveProperty('cache');
    }
  });
});
