/** The examples of every help do what they are shown for, typed in a shell. The sandbox is served, and is MotherDuck to them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';
import { commands, helpOf, linesUnder, pathOf } from './command-line.ts';
import { installMdacc, shell } from './shell.ts';

/** Where accounts may be deleted, which they may not in the repository's own. */
const UNPROTECTED = readFileSync(path.join(ROOT, 'motherduck.accounts.yaml'), 'utf8')
  .replace('max_deletes: 0', 'max_deletes: 3')
  .replace('  etl_prod:\n', '  etl_prod:\n    deletion_protection: false\n')
  .replaceAll('{ template: tenant', '{ deletion_protection: false, template: tenant');

/** The state of a Terraform configuration with one account. */
const TERRAFORM = JSON.stringify({
  version: 4,
  resources: [
    {
      ...{ mode: 'managed', type: 'motherduck_service_account', name: 'etl' },
      instances: [{ attributes: { id: 'etl_prod', username: 'etl_prod' } }],
    },
  ],
});

/** What a line finds where it is typed, beside an organization that was applied from the repository's configuration. */
const BEFORE: readonly (readonly [RegExp, (folder: Stage) => unknown])[] = [
  [/^mdacc init/, forgetAll],
  [/prod\.yaml/, (folder) => folder.write('prod.yaml', folder.read('motherduck.accounts.yaml'))],
  [/old\.yaml/, (folder) => folder.write('old.yaml', folder.read('motherduck.accounts.yaml'))],
  [/^mdacc (apply|show) today\.plan/, (folder) => folder.run('plan --out today.plan')],
  [/^mdacc apply --due/, (folder) => folder.inSandbox((organization) => organization.advance(5 * 24 * 3600))],
  [
    /^mdacc import/,
    (folder) => {
      forgetAll(folder);
      folder.write('motherduck.accounts.yaml', 'version: 1\norganization: acme\n');
    },
  ],
  [/terraform\.tfstate/, (folder) => folder.write('terraform.tfstate', TERRAFORM)],
  [/fish/, (folder) => folder.write('.config/fish/conf.d/other.fish', '')],
];

/** They ask before they do something; here nobody can answer. */
const ASKING = [
  'init --from-live',
  'import etl_prod',
  'rotate etl_prod/airflow',
  'destroy',
  'state forget tenant_acme',
];

/** Said by those that do not ask and have something to say. */
const SAID: readonly (readonly [string, RegExp])[] = [
  ['mdacc init', /Wrote/],
  ['mdacc validate', /is valid/],
  ['mdacc apply --due --yes', /etl_prod\/backfill: rotate token/],
  ['mdacc import --all --dry-run', /\+ {2}etl_prod:/],
  ['mdacc import --terraform', /from = motherduck_service_account\.etl\n/],
  ['mdacc rotate tenant_acme tenant_globex --yes', /\b2 of 2\b/],
  ['mdacc destroy --only "tenant_*" --yes --allow-delete', /\b2 of 2\b/],
  ['sandbox connect', /^Connected as etl_prod/],
];

function forgetAll(folder: Stage): void {
  folder.remove('motherduck.accounts.yaml');
  folder.remove('motherduck.accounts.state.json');
}

/** A line that only makes sense before the next one is typed with it. */
function scriptsOf(help: string): string[] {
  return linesUnder('Examples:', help).join('\n').replaceAll('secrets.env\n', 'secrets.env && ').split('\n');
}

/** `serve` runs until it is stopped; of another shell than this one, the tests of completion make sure. */
const NOT_HERE = /sandbox serve|completion zsh/;

const scripts = commands().flatMap((command) => {
  const lines = scriptsOf(helpOf(command)).filter((line) => !NOT_HERE.test(line));
  return lines.map((line) => [`mdacc ${pathOf(command)}`.trim(), line] as const);
});

describe.skipIf(isWindows)('the examples', () => {
  it.each(scripts)('of %s: %s', async (_, line) => {
    const folder = await Stage.applied(line.startsWith('mdacc destroy') ? UNPROTECTED : undefined);
    await folder.serve();
    for (const [pattern, prepare] of BEFORE) if (pattern.test(line)) await prepare(folder);
    installMdacc(folder);
    const { code, stdout, stderr } = await shell(folder, line, '/bin/bash');
    if (ASKING.some((words) => line.startsWith(`mdacc ${words}`)) && !line.includes('--yes')) {
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('--yes') });
    } else {
      expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/^Error/m) });
      for (const [, said] of SAID.filter(([words]) => line.includes(words))) expect(stdout + stderr).toMatch(said);
    }
  });
});
