/** What happens in the section "The state". */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import { CONFIG, STATE, Stage } from '../../stage.ts';
import { S3Server } from '../../state/servers/s3.ts';
import { serveBetween } from './between.ts';
import type { Story, Trouble } from './trouble.ts';

/** A folder that was applied, whose configuration then names a bucket for the state. */
async function withBucket(trouble: Trouble): Promise<S3Server> {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  const stage = await Stage.applied();
  trouble.stage = stage;
  Object.assign(stage.env, S3Server.ENV);
  const state = `state: { kind: s3, bucket: acme-platform, prefix: prod, region: eu-central-1, endpoint: "${server.url}" }`;
  stage.edit((text) => text.replace(/^organization:.*$/m, `$&\n${state}`));
  return server;
}

export const THE_STATE: Readonly<Record<string, Story>> = {
  async STATE_INVALID(trouble) {
    trouble.stage = await Stage.applied();
    const { stage } = trouble;
    const right = stage.read(STATE);
    stage.write(STATE, right.replace('"generation": 1', '"generation": "one"'));
    await trouble.type('plan --sandbox', 1);
    stage.write(STATE, right.slice(0, right.length / 2));
    await trouble.type('plan --sandbox', 1);
    stage.write(STATE, right);
    await trouble.type(`plan --sandbox --state ${STATE}`);
    execFileSync('git', ['init', '-q'], { cwd: stage.path });
    execFileSync('git', ['add', '-f', STATE], { cwd: stage.path });
    const who = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.org'];
    execFileSync('git', [...who, 'commit', '-q', '-m', 'State'], { cwd: stage.path });
    stage.remove(STATE);
    await trouble.type('plan --sandbox', 1);
    trouble.typeOther(`git checkout -- ${STATE}`);
    await trouble.type('plan --sandbox');
  },

  async STATE_FOREIGN(trouble) {
    trouble.stage = await Stage.applied();
    const { stage } = trouble;
    const right = stage.read();
    stage.edit((text) => text.replace('organization: acme', 'organization: other'));
    await trouble.type('plan --sandbox', 1);
    stage.write(CONFIG, right);
    renameSync(stage.file(CONFIG), stage.file('prod.yaml'));
    await trouble.type(`plan --sandbox --config prod.yaml --state ${STATE}`);
    renameSync(stage.file('prod.yaml'), stage.file(CONFIG));
    await trouble.type('plan --sandbox-dir other', 1);
    const other = new Stage();
    await serveBetween(other, ({ headers }) => delete headers['x-sandbox']);
    const { MOTHERDUCK_API_URL = '', MOTHERDUCK_ADMIN_TOKEN = '' } = other.env;
    Object.assign(stage.env, { MOTHERDUCK_API_URL, MOTHERDUCK_ADMIN_TOKEN });
    const { stderr } = await trouble.type('plan', 1);
    const [leave = expect.unreachable(stderr)] = /rm \S+ && mv \S+ \S+/.exec(stderr) ?? [];
    trouble.typeOther(leave);
    await trouble.type('plan');
  },

  async STATE_NEWER(trouble) {
    trouble.stage = await Stage.applied();
    const { stage } = trouble;
    const right = stage.read(STATE);
    stage.write(STATE, right.replace(/"version": \d+/, '"version": 9'));
    await trouble.type('plan --sandbox', 1);
    // As a newer version reads it.
    stage.write(STATE, right);
    await trouble.type('plan --sandbox');
  },

  async STATE_LOCKED(trouble) {
    trouble.stage = await Stage.applied();
    const { stage } = trouble;
    const since = new Date(Date.now() - 3_600_000).toISOString();
    const held = JSON.stringify({ pid: 4711, host: 'laptop', command: 'mdacc apply', who: 'ann', since });
    stage.write(`${STATE}.lock`, held);
    await trouble.type('apply --sandbox --yes', 5);
    const waiting = trouble.type('apply --sandbox --yes --no-smoke --lock-timeout 5m');
    setTimeout(() => stage.remove(`${STATE}.lock`), 300);
    await waiting;
    stage.write(`${STATE}.lock`, held);
    await trouble.type('state unlock', 0, { answer: 'yes' });
    await trouble.type('apply --sandbox --yes --no-smoke');
  },

  async STATE_UNWRITABLE(trouble) {
    await trouble.type('apply --sandbox --yes --no-smoke --state states/acme.json', 1);
    mkdirSync(trouble.stage.file('states'));
    await trouble.type('apply --sandbox --yes --no-smoke --state states/acme.json');
  },

  async STATE_UNREACHABLE(trouble) {
    const server = await withBucket(trouble);
    server.fate = ({ isConditional }) => (isConditional ? { status: 403, code: 'AccessDenied' } : 'answered');
    await trouble.type('state migrate', 1);
    server.fate = () => 'answered';
    await trouble.type('state migrate', 0, { answer: 'yes' });
    await trouble.type('plan --sandbox');
  },

  async STATE_LOST(trouble) {
    const { stage } = trouble;
    let isHeld = true;
    await serveBetween(stage, ({ request }) => {
      if (isHeld && request === 'POST /v1/users') stage.remove(`${STATE}.lock`);
      isHeld &&= request !== 'POST /v1/users';
    });
    await trouble.type('apply --yes --no-smoke', 3);
    await trouble.type('apply --yes --no-smoke');
    await trouble.type('plan --detailed-exitcode');
  },

  async STATE_MOVED(trouble) {
    await withBucket(trouble);
    const { stage } = trouble;
    const newer = stage.read();
    await trouble.type('state migrate', 0, { answer: 'yes' });
    stage.edit((text) => text.replace(/^state: .*\n/m, ''));
    await trouble.type('plan --sandbox', 1);
    // What a pull brings.
    stage.write(CONFIG, newer);
    trouble.did('git pull');
    await trouble.type('plan --sandbox');
  },
};
