/** What happens in the sections "Command line" and "Configuration". */
import { mkdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { vi } from 'vitest';
import { CONFIG, Stage } from '../../stage.ts';
import { serveBetween } from './between.ts';
import type { Story } from './trouble.ts';

export const COMMAND_LINE: Readonly<Record<string, Story>> = {
  async USAGE(trouble) {
    await trouble.type('rotate', 64);
    await trouble.type('plan --prun', 64);
    await trouble.type('audit --sandbox --only nobody', 64);
    await trouble.type('plan --help');
  },

  async NOT_CONFIRMED(trouble) {
    trouble.stage.edit(mayDelete);
    await trouble.type('apply --sandbox', 1, { answer: 'no' });
    await trouble.type('apply --sandbox', 1);
    await trouble.type('apply --sandbox --no-smoke', 0, { answer: 'yes' });
    await trouble.type('destroy --sandbox --yes', 1);
    await trouble.type('destroy --sandbox --yes --allow-delete');
  },

  async INTERRUPTED(trouble) {
    const others = process.listeners('SIGINT');
    let isRunning = true;
    await serveBetween(trouble.stage, ({ request }) => {
      if (!isRunning || !request.startsWith('POST')) return;
      isRunning = false;
      for (const listener of process.listeners('SIGINT')) if (!others.includes(listener)) listener('SIGINT');
    });
    await trouble.type('apply --yes --no-smoke', 130);
    await trouble.type('apply --yes --no-smoke');
    await trouble.type('plan --detailed-exitcode');
  },

  async BUG(trouble) {
    // None is known: one is made.
    const crypto = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
    const broken = vi.spyOn(crypto, 'createHash').mockImplementation(() => {
      throw new TypeError('undefined is not a function');
    });
    await trouble.type('plan --sandbox', 1);
    await trouble.type('plan --sandbox --debug', 1);
    broken.mockRestore();
  },

  async CONFIG_NOT_FOUND(trouble) {
    const { stage } = trouble;
    stage.write('prod.yaml', stage.read());
    stage.remove(CONFIG);
    await trouble.type('validate', 1);
    await trouble.type('validate --config prod.yaml');
    await trouble.type('init');
    await trouble.type('validate');
  },

  async CONFIG_INVALID(trouble) {
    const { stage } = trouble;
    const correct = stage.read();
    stage.edit((text) =>
      text.replace('size: pulse }', 'siz: pulse }').replace('airflow: pipeline', 'airflow: pipelin'),
    );
    await trouble.type('plan --sandbox', 1);
    stage.write(CONFIG, `${correct}\ninclude: [teams.yaml]\n`);
    await trouble.followHint(1);
    stage.write('teams.yaml', 'accounts: {}\n');
    await trouble.type('validate');
  },

  async GUARDRAIL(trouble) {
    trouble.stage = await Stage.applied();
    const { stage } = trouble;
    stage.edit((text) => text.replace('tenant_globex: {', '$& deletion_protection: false,'));
    await trouble.type('apply --sandbox --yes --no-smoke');
    stage.edit((text) => text.replace(/^ {2}tenant_(acme|globex):.*\n/gm, ''));
    await trouble.type('plan --prune --sandbox --only tenant_acme', 1);
    await trouble.type('plan --prune --sandbox --only tenant_globex', 1);
    stage.edit((text) => text.replace('max_deletes: 0', 'max_deletes: 1'));
    await trouble.type('apply --prune --sandbox --yes --allow-delete --only tenant_globex');
  },

  async FILE_EXISTS(trouble) {
    trouble.stage.write('today.plan', 'Monday: the dentist\n');
    await trouble.type('plan --sandbox --out today.plan', 1);
    await trouble.type('plan --sandbox --out monday.plan');
    trouble.stage.remove('today.plan');
    await trouble.type('plan --sandbox --out today.plan');
    await trouble.type('init', 1);
  },

  async FILE_UNWRITABLE(trouble) {
    const { stage } = trouble;
    await trouble.type('plan --sandbox --out nowhere/today.plan', 1);
    await trouble.followHint();
    mkdirSync(stage.file('accounts'));
    await trouble.type('init --config accounts', 1);
    await trouble.followHint();
  },

  async LINK_REFUSED(trouble) {
    const { stage } = trouble;
    symlinkSync('elsewhere', stage.file('today.plan'));
    trouble.typeOther('git init --quiet && git add today.plan');
    await trouble.type('plan --sandbox --out today.plan', 1);
    await trouble.type('plan --sandbox --out monday.plan');
    trouble.typeOther('git rm --cached today.plan && rm today.plan');
    await trouble.type('plan --sandbox --out today.plan');
  },
};

function mayDelete(text: string): string {
  return text
    .replace('max_deletes: 0', 'max_deletes: 100%')
    .replace('  etl_prod:\n', '$&    deletion_protection: false\n')
    .replaceAll('{ template: tenant', '{ deletion_protection: false, template: tenant');
}
