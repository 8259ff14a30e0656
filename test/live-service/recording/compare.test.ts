/** A recording of the sandbox compares equal, and each planted difference is shown. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import type { Settings } from '../../../src/sandbox/settings.ts';
import type { FactContext } from '../facts/context.ts';
import { lookAtFacts } from '../facts/facts.ts';
import { newRun } from '../names.ts';
import { ADMIN, answering } from '../served.ts';
import { SWITCHES, switchName } from '../switches.ts';
import { compare, comparedText, type Difference } from './compare.ts';
import { Recorder } from './recorder.ts';
import { type Recording, recordingOf, recordingText } from './recording.ts';

const RUN = newRun();

/** What a run of the facts in a sandbox with others in it is recorded as. */
async function recorded(settings: Partial<Settings> = {}, others = 12): Promise<Recording> {
  const recorder: Recorder = new Recorder((request) => world.organization.handle(request));
  const world = answering(RUN, settings, (request) => recorder.send(request));
  await world.organization.seed(others);
  const connect: FactContext['connect'] = async (secret) => {
    await world.organization.connect(secret);
    return new Map([
      ['connect', { ms: 1 }],
      ['size', { ms: 1 }],
    ]);
  };
  const sleep: FactContext['sleep'] = (ms) => world.organization.advance(ms / 1000);
  const context = {
    api: world.api,
    subject: `${RUN}_facts`,
    admin: new Secret(ADMIN),
    usage: true,
    wait: true,
    connect,
    readUsage: () => expect.unreachable(),
    sleep,
  };
  await lookAtFacts(context, new AbortController().signal);
  const recording = recordingOf(recorder.exchanges, { run: RUN, admin: ADMIN, made_by: 'a test', hidden: [] });
  return JSON.parse(recordingText(recording));
}

let recording: Recording;
beforeAll(async () => {
  recording = await recorded();
});

describe('a recording of the sandbox', () => {
  it('compares equal', async () => {
    const compared = await compare(recording);
    expect(comparedText(compared, 'it')).toMatch(/^The sandbox answers all \d+ recorded requests as it did.\n$/);
    expect(compared.length).toBeGreaterThan(50);
  });

  it.each(SWITCHES.map((each) => [switchName(each), each.settings] as const))(
    'with %s compares equal',
    async (_, settings) => {
      const others = settings.plan === 'lite' || settings.max_service_accounts ? 0 : 2;
      const compared = await compare(await recorded(settings, others));
      expect(comparedText(compared, 'it')).toMatch(/^The sandbox answers all \d+ recorded requests as it did.\n$/);
    },
  );

  it('is small enough for an issue', () => {
    expect(recordingText(recording).length).toBeLessThan(40_000);
  });
});

/** The first exchange of a request, changed. */
function planted(request: RegExp, change: (exchange: Changeable) => void, status?: number): Recording {
  const copy = structuredClone(recording) as { exchanges: Changeable[] } & Recording;
  const found = copy.exchanges.find((each) => request.test(each.request) && (status ?? each.status) === each.status);
  change(found ?? expect.unreachable());
  return copy;
}

interface Changeable {
  request: string;
  body?: unknown;
  status: number;
  headers?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape
  answer: any;
  after: number;
}

const usual = () => ({ ...recording.headers });

/** What is planted, and what must be said of it. */
const PLANTED: Readonly<Record<string, readonly [RegExp, (exchange: Changeable) => void, Difference[], number?]>> = {
  'another status and code': [
    /^POST \/v1\/users$/,
    (each) => {
      each.status = 400;
      each.answer.code = 'BAD_REQUEST';
    },
    [
      { of: 'status', recorded: '400', sandbox: '409' },
      { of: 'code', recorded: 'BAD_REQUEST', sandbox: 'CONFLICT' },
    ],
    409,
  ],
  'another message': [
    /^PUT /,
    (each) => {
      each.answer.message = 'no cooldown on Pulse';
    },
    [
      {
        of: 'message',
        recorded: 'no cooldown on Pulse',
        sandbox: 'cooldown_seconds cannot be set for Pulse instances',
      },
    ],
    400,
  ],
  'a field that is missing': [
    /^POST .*\/tokens$/,
    (each) => {
      delete each.answer.created_ts;
    },
    [{ of: 'field created_ts', recorded: 'none', sandbox: 'time 0000-00-00T00:00:00.000Z' }],
    200,
  ],
  'a field more': [
    /^POST .*\/tokens$/,
    (each) => {
      each.answer.last_used_ts = '<string>';
    },
    [{ of: 'field last_used_ts', recorded: 'string', sandbox: 'none' }],
    200,
  ],
  'a field more in a list': [
    /^GET .*\/tokens$/,
    (each) => {
      each.answer.tokens[0].last_used_ts = '<string>';
    },
    [{ of: 'field tokens[].last_used_ts', recorded: 'string', sandbox: 'none' }],
    200,
  ],
  'a field more of a person': [
    /^GET \/v1\/users\?limit=1000$/,
    (each) => {
      for (const user of each.answer.users) if (String(user.username).startsWith('person')) user.region = '<string>';
    },
    [{ of: 'field users[].region of a person', recorded: 'string', sandbox: 'none' }],
  ],
  'another type': [
    /^GET .*\/instances$/,
    (each) => {
      each.answer.read_scaling.flock_size = '<string>';
    },
    [{ of: 'field read_scaling.flock_size', recorded: 'string', sandbox: 'number' }],
  ],
  'a time in another format': [
    /^POST .*\/tokens$/,
    (each) => {
      each.answer.created_ts = '<time 0000-00-00 00:00:00+00>';
    },
    [{ of: 'field created_ts', recorded: 'time 0000-00-00 00:00:00+00', sandbox: 'time 0000-00-00T00:00:00.000Z' }],
    200,
  ],
  'another value': [
    /^GET .*\/instances$/,
    (each) => {
      each.answer.read_scaling.flock_size = 0;
    },
    [{ of: 'value read_scaling.flock_size', recorded: '0', sandbox: '4' }],
  ],
  'a token fewer': [
    /^GET .*\/tokens$/,
    (each) => {
      each.answer.tokens.push({ ...each.answer.tokens[0] });
    },
    [{ of: 'length of tokens', recorded: '2', sandbox: '1' }],
    200,
  ],
  'a header more': [
    /^GET .*\/instances$/,
    (each) => {
      each.headers = { ...usual(), 'retry-after': '30' };
    },
    [{ of: 'header retry-after', recorded: '30', sandbox: 'none' }],
  ],
  'a header fewer': [
    /^GET .*\/instances$/,
    (each) => {
      each.headers = { 'content-type': 'application/json' };
    },
    [{ of: 'header date', recorded: 'none', sandbox: '<time>' }],
  ],
  'another body': [
    /^DELETE .*\/tokens\//,
    (each) => {
      each.answer = { text: 'OK' };
    },
    [{ of: 'field text', recorded: 'string', sandbox: 'none' }],
    200,
  ],
};

describe('a difference', () => {
  it.each(Object.entries(PLANTED))(
    '%s is shown, and nothing else',
    async (_, [request, change, differences, status]) => {
      const compared = await compare(planted(request, change, status));
      expect(compared.flatMap((each) => each.differences)).toEqual(differences);
      const text = comparedText(compared, 'it');
      for (const { of, recorded, sandbox } of differences) {
        expect(text).toContain(`  ${of}\n    recording: ${recorded}\n    sandbox:   ${sandbox}\n`);
      }
    },
  );

  it('of a limit is shown, and the request has no effect', async () => {
    const limited = planted(
      /^POST .*\/tokens$/,
      (each) => {
        const message = 'Too many requests';
        Object.assign(each, { status: 429, headers: { ...usual(), 'retry-after': '7' } });
        each.answer = {
          message,
          code: 'TOO_MANY_REQUESTS',
          data: { code: 'TOO_MANY_REQUESTS', httpStatus: 429, path: '<string>' },
        };
      },
      400,
    );
    const [only, ...more] = (await compare(limited)).flatMap((each) => each.differences);
    expect([only, more]).toEqual([{ of: 'header retry-after', recorded: '7', sandbox: '1' }, []]);
  });
});
