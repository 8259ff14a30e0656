/** A recording has none of the markers that are planted everywhere, and keeps what relates to what. */
import { describe, expect, it } from 'vitest';
import { newRun } from '../names.ts';
import { Recorder } from './recorder.ts';
import { type Exchange, recordingOf, recordingText } from './recording.ts';

const RUN = newRun();
const ADMIN = 'eyJhbGciOi.QURNSU5NQVJLRVI.c2lnbmF0dXJlTUFSS0VS';
const ORGANIZATION = 'Acme Marker Corporation';
const PROXY = ['proxyusermarker', 'proxypasswordmarker', 'proxy.marker.example'];

/** Each is planted in every place where it can stand. */
const MARKERS = {
  secret: 'eyJ0eXAiOi.U0VDUkVUTUFSS0VS.c2lnbmVkTUFSS0VSX1g',
  plainSecret: 'md_secret_marker_0123456789',
  person: 'Jane.Marker@People.example',
  account: 'tenant_marker',
  email: 'jane.marker+mail@people.example',
  uuid: '7f3b0c1e-5a2d-4c6f-9e8b-0a1b2c3d4e5f',
  id: 'usr_Marker42',
  page: 'cGFnZU1hcmtlcg',
  first: 'Janemarker',
  host: 'api.marker-region.motherduck.com',
  address: '203.0.113.77',
  unknown: 'unknown-field-marker',
} as const;

function exchange(differs: Partial<Exchange> & { readonly json?: unknown }): Exchange {
  const { json, ...rest } = differs;
  return {
    at: Date.parse('2026-11-29T10:00:00Z'),
    method: 'GET',
    target: '/v1/users',
    authorization: `Bearer ${ADMIN}`,
    requestBody: '',
    status: 200,
    headers: new Headers({ 'content-type': 'application/json', date: 'Sun, 29 Nov 2026 10:00:00 GMT' }),
    text: JSON.stringify(json ?? {}),
    ...rest,
  };
}

const error = (message: string, more: object = {}) => ({ message, code: 'BAD_REQUEST', ...more });

function user(username: string, more: object = {}) {
  const names = { first_name: MARKERS.first, last_name: MARKERS.first };
  return {
    id: MARKERS.id,
    username,
    email: MARKERS.email,
    ...names,
    is_service_account: true,
    is_deprovisioned: false,
    roles: [MARKERS.unknown],
    ...more,
  };
}

/** One exchange for each place in which something can stand. */
function everywhere(isEverythingKnown: boolean): Exchange[] {
  const { unknown, ...found } = MARKERS;
  // A word that stands nowhere but in a message is one of its words.
  const all = [...Object.values(found), ...(isEverythingKnown ? [unknown] : []), ORGANIZATION, ...PROXY, ADMIN];
  const own = `${RUN}_facts`;
  const tokens = `/v1/users/${own}/tokens`;
  return [
    exchange({ json: error(`before anybody is known: ${all.join(', ')}`), status: 400 }),
    exchange({
      json: {
        users: [user(MARKERS.account), user(MARKERS.person, { is_service_account: false })],
        total_count: 123456,
        next_page_token: MARKERS.page,
      },
    }),
    exchange({
      target: `/v1/users?limit=1000&page_token=${MARKERS.page}&other=${MARKERS.unknown}`,
      json: { users: [] },
    }),
    exchange({ target: `/v1/users/${encodeURIComponent(MARKERS.person)}/tokens` }),
    exchange({ target: `/v2/${MARKERS.unknown}/${MARKERS.account}` }),
    exchange({ target: `${tokens}/${MARKERS.uuid}`, method: 'DELETE' }),
    exchange({
      target: tokens,
      method: 'POST',
      requestBody: JSON.stringify({ name: 'facts', ttl: 300, more: MARKERS.unknown }),
      json: {
        token: MARKERS.secret,
        id: MARKERS.uuid,
        name: 'facts',
        token_type: MARKERS.unknown,
        description: MARKERS.unknown,
      },
    }),
    exchange({
      target: tokens,
      json: {
        tokens: [
          {
            id: MARKERS.id,
            name: MARKERS.unknown,
            token: MARKERS.plainSecret,
            created_ts: MARKERS.unknown,
            read_only: MARKERS.unknown,
          },
        ],
      },
    }),
    exchange({ target: tokens, authorization: `Bearer ${MARKERS.secret}` }),
    exchange({ target: tokens, authorization: `Basic ${MARKERS.plainSecret}` }),
    ...all.flatMap((marker) => [
      exchange({
        status: 409,
        json: error(`The user ${marker} exists in "${marker}", see https://${MARKERS.host}/${marker}?a=${marker}.`),
      }),
      exchange({
        status: 409,
        json: error(marker.toUpperCase(), {
          issues: [{ message: `'${marker}' is bad`, code: marker, path: ['username', marker, 3] }],
          data: {
            code: marker,
            path: `users.${marker}`,
            httpStatus: 409,
            stack: [marker],
            cause: { [marker]: marker },
          },
        }),
      }),
      exchange({
        json: {
          [marker]: 1,
          organization: marker,
          nested: { organization: marker },
          list: [marker],
          region: [{ host: marker }],
        },
      }),
      ...(isEverythingKnown
        ? [
            exchange({
              json: {
                username: marker,
                id: marker,
                email: marker,
                name: marker,
                token: marker,
                message: marker,
                description: marker,
                instance_size: marker,
                roles: marker,
                users: marker,
                config: marker,
                path: marker,
                expire_at: marker,
              },
            }),
          ]
        : []),
      exchange({ json: [marker, [marker]] }),
      exchange({ json: marker }),
      exchange({ text: marker, headers: new Headers({ 'content-type': 'text/plain' }), status: 407 }),
      exchange({
        text: `<html><h1>${marker}</h1></html>`,
        headers: new Headers({ 'content-type': 'text/html' }),
        status: 502,
      }),
    ]),
    exchange({
      headers: new Headers({
        'content-type': `text/html; host=${MARKERS.host}`,
        date: MARKERS.unknown,
        'retry-after': MARKERS.unknown,
        'set-cookie': `session=${MARKERS.plainSecret}`,
        'x-organization': 'acme marker',
        'x-ratelimit-limit': MARKERS.unknown,
        location: `https://${PROXY[0]}:${PROXY[1]}@${PROXY[2]}/`,
        'www-authenticate': `Basic realm="${MARKERS.host}"`,
        via: `1.1 ${PROXY[2]}`,
      }),
    }),
  ];
}

const options = { run: RUN, admin: ADMIN, made_by: 'a test', hidden: [ORGANIZATION, ...PROXY] };

describe.each([
  ['whatever stands where a name can', true],
  ['each marker in its own place', false],
])('a recording of %s', (_, isEverythingKnown) => {
  const text = recordingText(recordingOf(everywhere(isEverythingKnown), options));

  it.each(Object.entries({ ...MARKERS, ADMIN, ORGANIZATION, proxy: PROXY[1] ?? '', run: RUN }))(
    'has no %s',
    (_, marker) => {
      const places = text.split('\n').filter((line) => line.toLowerCase().includes(marker.toLowerCase()));
      expect(places).toEqual([]);
    },
  );

  it('has nothing that was planted, in any letters or part', () => {
    expect(text.match(/.{0,60}marker.{0,20}/gi)).toBeNull();
    expect(text).not.toMatch(/123456|people\.example|203\.0\.113|motherduck\.com/i);
  });

  it('is JSON, and shows of unknown fields their type', () => {
    const { exchanges } = JSON.parse(text) as ReturnType<typeof recordingOf>;
    const answers = exchanges.map(({ answer }) => JSON.stringify(answer));
    expect(answers).toContain(
      '{"<field>":"<number>","organization":"<string>","nested":"<object>","list":"<list>","region":"<list>"}',
    );
  });
});

describe('what is shown for a name', () => {
  const own = `${RUN}_facts`;
  const id = (number: number) => `${number}f3b0c1e-5a2d-4c6f-9e8b-0a1b2c3d4e5f`;
  const recording = recordingOf(
    [
      exchange({
        json: {
          users: [
            user('Ada', { is_service_account: false }),
            user('etl'),
            user(own),
            user('old', { is_deprovisioned: true }),
          ],
        },
      }),
      exchange({
        method: 'POST',
        requestBody: JSON.stringify({ username: own.toUpperCase() }),
        status: 409,
        json: error(`"${own}" exists, as does "ADA" and "etl"`),
      }),
      exchange({ target: `/v1/users/${own}/tokens`, json: { tokens: [{ id: id(1) }, { id: id(2) }] } }),
      exchange({
        target: `/v1/users/${own}/tokens/${id(2)}`,
        method: 'DELETE',
        json: error(`no token ${id(2)}`),
        status: 404,
      }),
      exchange({ target: `/v1/users/etl/tokens` }),
    ],
    options,
  );
  const shown = recordingText(recording);

  it('is the same everywhere, in whatever letters', () => {
    expect(shown).toContain(
      'mdacc_live_20000101000000_00000000_facts\\" exists, as does \\"person_1\\" and \\"account_1\\"',
    );
    expect(shown).toContain('"username":"mdacc_live_20000101000000_00000000_FACTS"');
    expect(shown).toContain('DELETE /v1/users/mdacc_live_20000101000000_00000000_facts/tokens/<id 3>');
    expect(shown).toContain('no token <id 3>');
    expect(shown).toContain('"username":"left_1"');
  });

  it('and requests about others are left out', () => {
    expect(recording).toMatchObject({ left_out: 1, others: { person: 1, account: 1, left: 1 } });
    expect(recording.exchanges).toHaveLength(4);
  });
});

describe('repeats', () => {
  it('are dropped where they change nothing, and counted', () => {
    const get = exchange({ target: `/v1/users/${RUN}_a/tokens`, json: { tokens: [] } });
    const put = exchange({ method: 'PUT', target: `/v1/users/${RUN}_a/instances` });
    const { exchanges } = recordingOf([get, put, get, put, get], options);
    expect(exchanges.map(({ request, times }) => `${request.split(' ')[0]} ${times}`)).toEqual([
      'GET 3',
      'PUT undefined',
      'PUT undefined',
    ]);
  });

  it('in a long list are cut, and what is of another shape stays', () => {
    const users = Array.from({ length: 500 }, (_, index) =>
      user(`tenant_${index}`, index === 300 ? { region: 'x' } : {}),
    );
    const { exchanges } = recordingOf([exchange({ json: { users: [...users, user(`${RUN}_a`)] } })], options);
    const { users: shown } = (exchanges[0] ?? expect.unreachable()).answer as { users: unknown[] };
    expect(shown).toHaveLength(6);
    expect(shown.at(-1)).toBe('<and 496 more>');
  });
});

describe('requests that ran at the same time', () => {
  it('are noted with those first that changed something, since others may have been refused for their sake', async () => {
    const answers: ((response: Response) => void)[] = [];
    const recorder = new Recorder(() => new Promise((resolve) => answers.push(resolve)));
    const send = (name: string) => recorder.send(new Request(`https://x/v1/${name}`, { method: 'POST' }));
    const end = (index: number, status: number) => answers[index]?.(new Response('{}', { status }));
    const alone = send('alone');
    end(0, 409);
    await alone;
    const both = [send('made'), send('refused')];
    end(2, 409);
    await both[1];
    end(1, 200);
    await both[0];
    expect(recorder.exchanges.map(({ target }) => target)).toEqual(['/v1/alone', '/v1/made', '/v1/refused']);
  });
});
