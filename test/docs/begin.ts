/** The stories of the pages with which people begin: each starts with a folder that has no state. */
import { cpSync } from 'node:fs';
import { expect } from 'vitest';
import { blocksOf, readText } from '../examples/markdown.ts';
import { madeByTerraform, TFSTATE } from '../import/terraform-stage.ts';
import { ROOT } from '../in-process.ts';
import { CONFIG, STATE, Stage } from '../stage.ts';
import { appliedAtMotherDuck, emptyFolder } from './organizations.ts';
import { installProgram, Reader } from './reader.ts';

export const BEGIN: Readonly<Record<string, () => Promise<Reader>>> = {
  'README.md': async () => {
    const reader = await Reader.of('README.md', emptyFolder());
    const { stage } = reader;
    await reader.type('mkdir clone && cd clone');
    await reader.upTo('mdacc validate');
    const [configuration = expect.unreachable()] = blocksOf(readText('README.md'), 'yaml');
    stage.write(`first-try/${CONFIG}`, configuration);
    for (let step = 0; step < 4; step += 1) await reader.next();
    await reader.named('mdacc state list');
    await reader.named('mdacc smoke --sandbox');
    const [, secret = expect.unreachable()] = /=(\S+)/.exec(stage.read('first-try/.motherduck/secrets.env')) ?? [];
    stage.env.MOTHERDUCK_TOKEN = secret;
    await reader.named('mdacc sandbox connect');
    delete stage.env.MOTHERDUCK_TOKEN;
    await stage.serve();
    await reader.type('mkdir ../md-accounts && cd ../md-accounts && git init');
    await reader.type('mdacc init');
    await reader.named('mdacc doctor');
    await reader.upTo();
    await reader.type('mkdir ../empty && cd ../empty && git init');
    await stage.inSandbox((organization) => organization.seed(3));
    await reader.named('mdacc init --from-live');
    const { stdout } = await reader.type('mdacc plan --detailed-exitcode');
    // Nothing that was invented.
    expect(stdout).not.toContain('tenant_acme');
    return reader;
  },

  'docs/adopting.md': async () => {
    const stage = emptyFolder();
    await stage.inSandbox((organization) => organization.seed(3));
    await stage.serve();
    const reader = await Reader.of('docs/adopting.md', stage);
    await reader.type('git init --quiet');
    await reader.upTo();

    reader.goTo(emptyFolder());
    await reader.named('mdacc sandbox seed 3');
    await reader.type('mdacc init --from-live --organization acme --sandbox');

    const [withStore = expect.unreachable()] = blocksOf(readText(reader.page), 'yaml');
    const chosen = new Stage(withStore);
    Object.assign(chosen.env, stage.env);
    reader.goTo(chosen);
    await reader.named('mdacc import --all');
    expect(chosen.read()).toContain('secret_store: vault');

    const unlisted = emptyFolder();
    Object.assign(unlisted.env, (await appliedAtMotherDuck()).env);
    reader.goTo(unlisted);
    await reader.named('mdacc import etl_prod tenant_acme --organization acme');
    return reader;
  },

  'docs/getting-started.md': async () => {
    const stage = emptyFolder();
    await stage.serve();
    const reader = await Reader.of('docs/getting-started.md', stage);
    // The rehearsal has a sandbox of its own, and no token.
    const { MOTHERDUCK_ADMIN_TOKEN = '', MDACC_SANDBOX = '' } = stage.env;
    delete stage.env.MOTHERDUCK_ADMIN_TOKEN;
    delete stage.env.MDACC_SANDBOX;
    await reader.type('mkdir clone && cd clone');
    await reader.named('mdacc version');
    await reader.named('source <(mdacc completion bash)');
    await reader.upTo('export');
    reader.own.MOTHERDUCK_ADMIN_TOKEN = MOTHERDUCK_ADMIN_TOKEN;
    stage.env.MDACC_SANDBOX = MDACC_SANDBOX;
    await reader.upTo('mdacc validate');
    await reader.type('mdacc plan --detailed-exitcode');
    const { stdout: committed } = await reader.type('git ls-files');
    expect(committed.trim().split('\n').sort()).toEqual(['.gitignore', STATE, CONFIG].sort());
    for (const folder of ['md-accounts', 'rehearsal'])
      expect(stage.has(`${folder}/.motherduck/secrets.env`)).toBe(true);
    await reader.type('cd ../rehearsal');
    const refused = await reader.type('mdacc plan', 1);
    const [leave = expect.unreachable()] = /rm motherduck\S+ && mv [^`]+(?=`)/.exec(readText(reader.page)) ?? [];
    expect(refused.stderr).toContain(leave);
    await reader.named(leave);
    await reader.type('mdacc plan');
    // The demo.
    reader.goTo(new Stage());
    delete stage.env.MDACC_SANDBOX;
    await reader.upTo();
    return reader;
  },

  'examples/README.md': async () => {
    const stage = emptyFolder();
    await stage.serve();
    const { MOTHERDUCK_ADMIN_TOKEN = '', MDACC_SANDBOX = '' } = stage.env;
    delete stage.env.MOTHERDUCK_ADMIN_TOKEN;
    delete stage.env.MDACC_SANDBOX;
    cpSync(`${ROOT}/examples`, stage.file('clone/examples'), { recursive: true });
    const reader = await Reader.of('examples/README.md', stage);
    await reader.type('cd clone');
    await reader.upTo('export');
    reader.own.MOTHERDUCK_ADMIN_TOKEN = MOTHERDUCK_ADMIN_TOKEN;
    stage.env.MDACC_SANDBOX = MDACC_SANDBOX;
    await reader.upTo();
    await reader.named('mdacc schema > motherduck.accounts.schema.json');
    return reader;
  },

  'docs/terraform.md': async () => {
    const { folder, write } = await madeByTerraform();
    write();
    await folder.serve();
    const reader = await Reader.of('docs/terraform.md', folder);
    installProgram(folder, 'terraform', `[ "$*" = "state pull" ] && cat ${TFSTATE}`);
    await reader.upTo();
    expect(folder.has('pulled.tfstate')).toBe(false);
    await reader.named('mdacc apply');

    const live = await madeByTerraform();
    live.write();
    await live.folder.serve();
    reader.goTo(live.folder);
    await reader.named('mdacc init --from-live');
    await reader.type(`mdacc import --terraform ${TFSTATE} --adopt-secrets`);
    await reader.type('mdacc plan --detailed-exitcode');
    return reader;
  },
};
