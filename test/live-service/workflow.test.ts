/** The workflow that starts the live suite: by hand alone, with a token that only two steps have. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { githubParser, type Parser } from '../ci/github-parser.ts';
import { beganAt, newRun } from './names.ts';
import { readSettings } from './settings.ts';

const TEXT = readFileSync('.github/workflows/live.yml', 'utf8');
const SECRET = '${{ secrets.MOTHERDUCK_ADMIN_TOKEN }}';

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly on: object;
  readonly permissions: object;
  readonly env?: object;
  readonly jobs: {
    readonly live: { readonly steps: readonly Step[]; readonly environment: string; readonly env?: object };
  };
}

const workflow = parse(TEXT) as Workflow;
const { steps } = workflow.jobs.live;
const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-parser-'));
let parser: Parser;
beforeAll(async () => {
  parser = await githubParser(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the workflow', () => {
  it('is what GitHub takes', () => expect(parser.errorsOf('live.yml', TEXT)).toEqual([]));

  it('starts by hand alone, reads the repository alone, and waits for whoever protects the environment', () => {
    expect(Object.keys(workflow.on)).toEqual(['workflow_dispatch']);
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(workflow.jobs.live).toMatchObject({ environment: 'motherduck-live', 'timeout-minutes': expect.any(Number) });
  });

  it('gives the token to what runs and what cleans up, and to nothing else', () => {
    const having = steps.filter(({ env }) => Object.values(env ?? {}).includes(SECRET));
    expect(having.map(({ run }) => run)).toEqual([
      'npm run test:live',
      'npm run test:live -- --clean "$MDACC_LIVE_RUN"',
    ]);
    expect(TEXT.split('secrets.')).toHaveLength(3);
    expect(having[1]?.if).toContain('always()');
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  it('pins what others wrote to a commit', () => {
    const uses = [...TEXT.matchAll(/uses: (.*)$/gm)].map(([, used]) => used);
    expect(uses).toHaveLength(3);
    for (const used of uses) expect(used).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('names runs and sizes as the suite takes them, and calls a script that is there', () => {
    expect(TEXT).toContain('MDACC_LIVE_RUN=mdacc_live_$(date -u +%Y%m%d%H%M%S)_$(openssl rand -hex 4)');
    expect(beganAt(newRun())).toBeDefined();
    const env = steps.find(({ run }) => run === 'npm run test:live')?.env ?? {};
    const options = /options: \[(.*)\]/.exec(TEXT)?.[1]?.split(', ') ?? [];
    for (const size of options) expect(readSettings({ ...env, MDACC_LIVE_SIZE: size })).toMatchObject({ size });
    expect(manifest.scripts['test:live']).toBe('node scripts/build.mjs && node test/live-service/start.mjs');
  });
});
