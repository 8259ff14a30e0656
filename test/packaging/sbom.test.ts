/** The bill of materials of a release: what a user installs and what is bundled, each with its version, and nothing else. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ROOT } from '../in-process.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly object[];
  readonly properties: readonly { readonly name: string; readonly value: string }[];
}

const text = execFileSync(process.execPath, [path.join(ROOT, 'scripts/sbom.mjs')], { cwd: ROOT, encoding: 'utf8' });
const sbom = JSON.parse(text) as {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
};
const isBundled = ({ properties }: Component) => properties.some(({ name }) => name === 'mdacc:bundled');

it('is of this package and version', () => {
  expect(sbom.bomFormat).toBe('CycloneDX');
  const { name, version } = sbom.metadata.component;
  expect({ name, version }).toEqual({ name: manifest.name, version: manifest.version });
});

it('has each dependency in its version, and the bindings of every platform', () => {
  const versions = Object.fromEntries(sbom.components.map(({ name, version }) => [name, version]));
  expect(versions).toMatchObject(manifest.dependencies);
  for (const platform of ['darwin-arm64', 'linux-x64', 'win32-x64'])
    expect(versions).toHaveProperty([`@duckdb/node-bindings-${platform}`]);
});

it('has every bundled package, as the licenses in the package name them', () => {
  const licenses = readFileSync(path.join(ROOT, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  const bundled = sbom.components.filter(isBundled);
  expect(bundled.map(({ name }) => name)).toEqual(expect.arrayContaining(['ajv', 'commander', 'diff', 'yaml']));
  for (const { name, version } of bundled) expect(licenses).toContain(`\n${name} ${version}\n`);
  const named = licenses.match(/^(@[\w.-]+\/)?[\w.-]+ \d+\.\d+\.\d+$/gm);
  expect(named).toHaveLength(bundled.length);
});

it('has nothing that only the developers of the package use, and no path of a machine', () => {
  const names = sbom.components.map(({ name }) => name);
  expect(names.filter((name) => ['vitest', 'msw', 'typescript', 'esbuild'].includes(name))).toEqual([]);
  const refs = new Set(sbom.components.map((component) => component['bom-ref']));
  const unknown = sbom.dependencies.flatMap(({ dependsOn }) => dependsOn.filter((ref) => !refs.has(ref)));
  expect(unknown).toEqual([]);
  expect(text).not.toContain(ROOT);
});
