/** Tokens: what can be made, what is listed, and what they open. */

import { claimsOf, isJwt } from '../../../src/model/jwt.ts';
import { Secret } from '../../../src/model/secret.ts';
import { RESERVED_TOKEN_NAMES } from '../../../src/model/tokens.ts';
import { fieldOf, listOf } from '../raw-api.ts';
import { listUsers } from '../users.ts';
import { failureOf } from './connections.ts';
import type { FactContext } from './context.ts';
import { keysOf, type Look, lineOf, refusal, Unseen } from './fact.ts';

/** Seconds; the shortest life that there is. */
const TTL = 300;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const DESCRIPTION = 'made by the live suite, with a "quote" and an é';

/** Looks, and leaves a token that expires while other things are looked at. Gives its secret. */
export async function lookAtTokens({ api, subject }: FactContext, look: Look): Promise<Secret | undefined> {
  let short: Secret | undefined;
  const create = (body: object) => api.createToken(subject, { name: 'facts', ttl: TTL, ...body });
  const listed = async (name: string) =>
    listOf((await api.tokens(subject)).json, 'tokens').filter((token) => fieldOf(token, 'name') === name);

  await look('Creating a token', '200; the secret is a JWT, expire_at is ttl after created_ts', async () => {
    const answer = await create({ name: 'short' });
    short = new Secret(secretIn(answer.json));
    const life = (timeOf(answer.json, 'expire_at') - timeOf(answer.json, 'created_ts')) / 1000;
    const isSecret = isJwt(String(fieldOf(answer.json, 'token')));
    const seen = `${lineOf(answer)}; the secret is ${isSecret ? 'a' : 'no'} JWT, its life ${life} s`;
    return { seen, fits: answer.status === 200 && isSecret && Math.abs(life - TTL) <= 1 };
  });

  await look('Tokens as they are listed', '200 with tokens; without their secrets', async () => {
    const answer = await api.tokens(subject);
    const keys = listOf(answer.json, 'tokens').map(keysOf);
    const isFree = keys.length > 0 && keys.every((shape) => !shape.split(', ').includes('token'));
    return {
      seen: `${lineOf(answer)}; in each: ${[...new Set(keys)].join(' and ')}`,
      fits: answer.status === 200 && isFree,
    };
  });

  for (const [about, ttl] of [
    ['one second too short', 299],
    ['one second too long', 31_536_001],
  ] as const) {
    await look(`A ttl ${about}`, '400 BAD_REQUEST, an issue about ttl', async () =>
      refusal(await create({ ttl }), { status: 400, code: 'BAD_REQUEST', field: 'ttl' }),
    );
  }

  for (const name of RESERVED_TOKEN_NAMES) {
    await look(`A token named ${name}`, '400 BAD_REQUEST: reserved', async () =>
      refusal(await create({ name }), { status: 400, code: 'BAD_REQUEST' }),
    );
  }

  await look('A token name of 256 characters', '400 BAD_REQUEST, an issue about name', async () =>
    refusal(await create({ name: 'x'.repeat(256) }), { status: 400, code: 'BAD_REQUEST', field: 'name' }),
  );

  await look('A description of 1001 characters', '400 BAD_REQUEST, an issue about description', async () =>
    refusal(await create({ name: 'wordy', description: 'x'.repeat(1001) }), {
      status: 400,
      code: 'BAD_REQUEST',
      field: 'description',
    }),
  );

  await look('A token without ttl', '200 without expire_at: valid until revoked', async () => {
    const answer = await create({ name: 'endless', ttl: undefined });
    await api.deleteToken(subject, String(fieldOf(answer.json, 'id')));
    const expires = fieldOf(answer.json, 'expire_at');
    return { seen: lineOf(answer), fits: answer.status === 200 && (expires === undefined || expires === null) };
  });

  await look('The claims of a secret', 'tokenType and readOnly, as the token has them', async () => {
    const made = [await create({ name: 'claims' }), await create({ name: 'claims too', token_type: 'read_scaling' })];
    const claims = made.map(({ json }) => claimsOf(secretIn(json)));
    const seen = claims.map(
      (each) => `${keysOf(each)}; tokenType ${shownClaim(each, 'tokenType')}, readOnly ${shownClaim(each, 'readOnly')}`,
    );
    const fits = claims.map((each) => fieldOf(each, 'tokenType')).join() === 'read_write,read_scaling';
    return { seen: seen.join(' and '), fits };
  });

  await look(
    'The times in the claims of a secret',
    'iat and exp, within a minute of created_ts and expire_at',
    async () => {
      const { json } = await create({ name: 'claims times' });
      const claims = claimsOf(secretIn(json));
      const apart = (claim: string, field: string) => {
        const value = fieldOf(claims, claim);
        return typeof value === 'number' ? Math.abs(value - timeOf(json, field) / 1000) : Number.NaN;
      };
      const [issued, ends] = [apart('iat', 'created_ts'), apart('exp', 'expire_at')];
      const shown = (seconds: number) => (Number.isNaN(seconds) ? 'not there' : `${Math.round(seconds)} s apart`);
      const seen = `iat and created_ts: ${shown(issued)}; exp and expire_at: ${shown(ends)}`;
      return { seen, fits: issued < 60 && ends < 60 };
    },
  );

  await look('The user in the claims of a secret', 'one of them is the id or the name of the account', async () => {
    const { json } = await create({ name: 'claims user' });
    const users = (await listUsers(api)) ?? [];
    const own = users.find((user) => fieldOf(user, 'username') === subject);
    const named = ['id', 'username', 'email'].map((field) => [field, fieldOf(own, field)] as const);
    const claims = Object.entries(claimsOf(secretIn(json)) ?? {});
    const found = claims.flatMap(([claim, value]) =>
      named.filter(([, name]) => name && name === value).map(([field]) => `${claim} is the ${field}`),
    );
    return { seen: found.join(', ') || 'none of them', fits: found.length > 0 };
  });

  await look('Paging of the list of tokens', 'ignored: one page', async () => {
    const all = listOf((await api.tokens(subject)).json, 'tokens').length;
    const answer = await api.tokens(subject, '?limit=1&page_token=nonsense');
    const some = listOf(answer.json, 'tokens').length;
    return { seen: `${lineOf(answer)}; ${some} of ${all}`, fits: answer.status === 200 && some === all };
  });

  await look('A description', 'kept', async () => {
    await create({ name: 'described', description: DESCRIPTION });
    const [token] = await listed('described');
    const kept = fieldOf(token, 'description') === DESCRIPTION;
    return { seen: token === undefined ? 'no such token is listed' : kept ? 'kept' : 'not kept', fits: kept };
  });

  await look('An empty description', 'taken, and kept as none', async () => {
    const answer = await create({ name: 'undescribed', description: '' });
    const kept = fieldOf((await listed('undescribed'))[0], 'description') ?? null;
    return {
      seen: `${answer.status}, listed as ${JSON.stringify(kept)}`,
      fits: answer.status === 200 && kept === null,
    };
  });

  await look('read_only of a read/write and of a read scaling token', undefined, async () => {
    const made = [await create({ name: 'writes' }), await create({ name: 'reads', token_type: 'read_scaling' })];
    return { seen: made.map(({ json }) => String(fieldOf(json, 'read_only'))).join(' and ') };
  });

  await look('Two living tokens of one name', undefined, async () => {
    const made = [await create({ name: 'twice' }), await create({ name: 'twice' })];
    return { seen: made.map(lineOf).join('; then ') };
  });

  await look('Deleting a token', '200 with nothing, and it is not listed any more', async () => {
    const { json } = await create({ name: 'deleted' });
    const answer = await api.deleteToken(subject, String(fieldOf(json, 'id')));
    const rest = await listed('deleted');
    const seen = `${lineOf(answer)}; ${rest.length === 0 ? 'not listed' : 'still listed'}`;
    return { seen, fits: answer.status === 200 && keysOf(answer.json) === 'nothing' && rest.length === 0 };
  });

  await look('The name of a deleted token', undefined, async () => ({
    seen: lineOf(await create({ name: 'deleted' })),
  }));

  await look('Deleting a token that does not exist', '404 as JSON with the code NOT_FOUND', async () =>
    refusal(await api.deleteToken(subject, UNKNOWN_ID), { status: 404, code: 'NOT_FOUND' }),
  );

  await look('The REST API with a read scaling token', 'refused, 401 or 403', async () => {
    const { json } = await create({ name: 'asks', token_type: 'read_scaling' });
    return refused(api.get('/v1/users?limit=1', secretIn(json)));
  });

  await look('The REST API with a token of no Admin', '403 FORBIDDEN, which speaks of a minimum role', async () => {
    const { json } = await create({ name: 'asks too' });
    const answer = await api.tokens(subject, '', secretIn(json));
    return refusal(answer, { status: 403, code: 'FORBIDDEN', says: 'minimum role' });
  });

  await look('The list of users with a token of no Admin', undefined, async () => {
    const { json } = await create({ name: 'asks for users' });
    return { seen: lineOf(await api.get('/v1/users?limit=1', secretIn(json))) };
  });

  return short;
}

/** The end of the token that was made first. */
export async function lookAtExpiry(context: FactContext, look: Look, short: Secret | undefined): Promise<void> {
  const { api, subject, wait, sleep } = context;
  let isOver = false;
  await look('A token that expired, in the list', 'not listed any more', async () => {
    const find = async () => {
      const answer = await api.tokens(subject);
      const token = listOf(answer.json, 'tokens').find((each) => fieldOf(each, 'name') === 'short');
      return { token, now: Date.parse(answer.headers.get('date') ?? '') || Date.now() };
    };
    const { token, now } = await find();
    if (token === undefined) throw new Unseen('the token that should expire is not listed');
    const rest = timeOf(token, 'expire_at') - now;
    if (rest > 0 && !wait) throw new Unseen('it takes five minutes; MDACC_LIVE_WAIT=1 waits for it');
    if (rest > 0) await sleep(rest + 5000);
    isOver = true;
    const isListed = (await find()).token !== undefined;
    return { seen: isListed ? 'still listed' : 'not listed any more', fits: !isListed };
  });

  await look('A token that expired, in a connection', 'does not connect: "Jwt is expired"', async () => {
    if (short === undefined || !isOver) throw new Unseen('no token has expired');
    const failure = failureOf(await context.connect(short, []), 'connect');
    return { seen: failure ?? 'connects', fits: failure?.includes('Jwt is expired') ?? false };
  });
}

/** A claim that is a switch or a word; anything else may be a name. */
function shownClaim(claims: unknown, name: string): string {
  const value = fieldOf(claims, name);
  return typeof value === 'boolean' || /^[a-z_]{1,20}$/.test(String(value)) ? String(value) : typeof value;
}

async function refused(asked: ReturnType<FactContext['api']['get']>) {
  const answer = await asked;
  return { seen: lineOf(answer), fits: answer.status === 401 || answer.status === 403 };
}

function secretIn(json: unknown): string {
  const secret = fieldOf(json, 'token');
  if (typeof secret !== 'string' || secret === '') throw new Unseen('no token could be made');
  return secret;
}

function timeOf(json: unknown, name: string): number {
  return Date.parse(String(fieldOf(json, name)));
}
