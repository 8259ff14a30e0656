// Prints a software bill of materials (CycloneDX) of the package: what its users install, and what is bundled into dist/.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const run = promisify(execFile);
// npm is a script, which Windows does not run without a shell.
const { stdout } = await run('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], {
  cwd: root,
  shell: process.platform === 'win32',
  maxBuffer: 64 * 1024 * 1024,
});
const sbom = JSON.parse(stdout);

const licenses = await readFile(path.join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
const bundled = new Set(
  [...licenses.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) (\d+\.\d+\.\d+\S*)$/gm)].map(
    ([, name, version]) => `${name}@${version}`,
  ),
);

const { dependencies, optionalDependencies, name } = JSON.parse(
  await readFile(path.join(root, 'package.json'), 'utf8'),
);
const edges = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
const own = sbom.metadata.component['bom-ref'];
const nameOf = (ref) => ref.slice(0, ref.lastIndexOf('@'));
const direct = edges.get(own).filter((ref) => nameOf(ref) in { ...dependencies, ...optionalDependencies });

const installed = new Set();
const visit = (ref) => {
  if (installed.has(ref)) return;
  installed.add(ref);
  for (const next of edges.get(ref) ?? []) visit(next);
};
for (const ref of direct) visit(ref);

sbom.metadata.component.name = name;
sbom.components = sbom.components
  .filter((component) => installed.has(component['bom-ref']) || bundled.has(component['bom-ref']))
  .map((component) => ({
    ...component,
    properties: bundled.has(component['bom-ref']) ? [{ name: 'mdacc:bundled', value: 'true' }] : [],
  }));
const kept = new Set(sbom.components.map((component) => component['bom-ref']));
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => ref === own || kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
console.log(JSON.stringify(sbom, null, 2));
