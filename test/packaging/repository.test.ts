/** The repository's files for contributors: they agree with each other and name things that exist. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';

const exists = (name: string) => existsSync(path.join(ROOT, name));
const url = manifest.homepage.replace(/#.*/, '');
const FORMS = '.github/ISSUE_TEMPLATE';

it('.nvmrc is the oldest Node that package.json supports', () => {
  expect(`>=${readText('.nvmrc').trim()}`).toBe(manifest.engines.node);
});

it.each(['SECURITY.md', '.github/PULL_REQUEST_TEMPLATE.md'])('%s names files and scripts that exist', (file) => {
  const text = readText(file);
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, target = '']) => target);
  const quoted = [...text.matchAll(/`((?:test|examples|src)\/[\w./-]*|[A-Z]+\.md)`/g)].map(([, name = '']) => name);
  expect([...links, ...quoted].filter((name) => !exists(name))).toEqual([]);
  const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
});

it('CODEOWNERS gives every file owners, and names paths that exist', () => {
  const lines = readText('.github/CODEOWNERS')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/ +/));
  expect(lines[0]?.[0]).toBe('*');
  expect(lines.slice(1).filter(([name = '']) => !exists(name))).toEqual([]);
  expect(lines.flatMap(([, ...owners]) => owners).filter((owner) => !/^@[\w-]+\/[\w-]+$/.test(owner))).toEqual([]);
  expect(lines.filter(([, ...owners]) => owners.length === 0)).toEqual([]);
});

it('dependabot.yml updates npm, except to DuckDB 2, and every folder with workflows or an action', () => {
  const { version, updates } = parse(readText('.github/dependabot.yml'));
  expect(version).toBe(2);
  const [npm, actions] = updates;
  expect(npm).toMatchObject({ 'package-ecosystem': 'npm', directory: '/' });
  expect(actions).toMatchObject({ 'package-ecosystem': 'github-actions' });
  // MotherDuck does not accept DuckDB 2 yet.
  expect(npm.ignore).toEqual([
    { 'dependency-name': '@duckdb/node-api', 'update-types': ['version-update:semver-major'] },
  ]);
  expect(manifest.dependencies['@duckdb/node-api']).toMatch(/^1\.\d+\.\d+(-r\.\d+)?$/);
  const folders: string[] = actions.directories;
  const used = (folder: string) => exists(path.join(folder, '.github/workflows')) || exists(`${folder}/action.yml`);
  expect(folders.filter((folder) => !used(folder))).toEqual([]);
});

describe('an issue form', () => {
  const forms = readdirSync(path.join(ROOT, FORMS)).filter((name) => name !== 'config.yml');

  it.each(forms)('%s has what GitHub requires', (name) => {
    const { name: title, description, body } = parse(readText(`${FORMS}/${name}`));
    expect([typeof title, typeof description]).toEqual(['string', 'string']);
    const ids = body.flatMap(({ type, id }: { type: string; id?: string }) => (type === 'markdown' ? [] : id));
    expect(ids.filter((id: unknown) => typeof id !== 'string')).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is named where a recording is described', () => {
    const form = `${url}/issues/new?template=recording.yml`;
    for (const file of ['README.md', 'SECURITY.md', 'test/live-service/README.md'])
      expect(readText(file)).toContain(`(${form})`);
  });

  it('sends vulnerabilities to the address of SECURITY.md', () => {
    const advisory = `${url}/security/advisories/new`;
    expect(readText('SECURITY.md')).toContain(`(${advisory})`);
    for (const name of ['bug.yml', 'recording.yml']) expect(readText(`${FORMS}/${name}`)).toContain(`(${advisory})`);
    expect(parse(readText(`${FORMS}/config.yml`)).contact_links[0].url).toBe(advisory);
  });
});
