/** The check before a release: the tag, the version and the changelog agree. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';

const CHANGELOG = `# Changelog

## Unreleased

- Tomorrow's.

## 1.2.0 - 2026-01-02

### Added

- What is new.

## [1.1.0] - 2025-12-01

- Old.

## 1.0.0 - 2025-11-01
`;

async function check(version: string, changelog: string, ...words: readonly string[]) {
  const folder = await newFolder();
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ version }));
  writeFileSync(path.join(folder, 'CHANGELOG.md'), changelog);
  const script = path.join(ROOT, 'scripts/check-release.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('prints the section of the version in the changelog', async () => {
  const stdout = '### Added\n\n- What is new.\n';
  expect(await check('1.2.0', CHANGELOG, 'v1.2.0')).toEqual({ status: 0, stdout, stderr: '' });
  expect(await check('1.2.0', CHANGELOG.replaceAll('\n', '\r\n'), 'v1.2.0')).toEqual({ status: 0, stdout, stderr: '' });
  expect((await check('1.1.0', CHANGELOG, 'v1.1.0')).stdout).toBe('- Old.\n');
});

it.each([
  ['another tag', '1.2.0', 'v1.1.0', 'the tag is v1.1.0, and package.json has version 1.2.0: expected v1.2.0'],
  ['a tag without v', '1.2.0', '1.2.0', 'the tag is 1.2.0, and package.json has version 1.2.0: expected v1.2.0'],
  ['no section', '1.3.0', 'v1.3.0', 'CHANGELOG.md has no section "## 1.3.0 - YYYY-MM-DD"'],
  ['a section of a longer version', '1.2.0-rc.1', 'v1.2.0-rc.1', 'CHANGELOG.md has no section "## 1.2.0-rc.1 - '],
  ['an empty section', '1.0.0', 'v1.0.0', 'the section of 1.0.0 in CHANGELOG.md is empty'],
])('refuses %s', async (_, version, tag, why) => {
  const { status, stderr } = await check(version, CHANGELOG, tag);
  expect(status).toBe(1);
  expect(stderr).toContain(`Not released: ${why}`);
});

it('has the tag latest at npm, a prerelease the tag next', async () => {
  expect((await check('1.2.0', CHANGELOG, '--dist-tag', 'v1.2.0')).stdout).toBe('latest\n');
  expect((await check('2.0.0-rc.1', CHANGELOG, '--dist-tag', 'v2.0.0-rc.1')).stdout).toBe('next\n');
});
