/** Tokens: what can be made, what is listed, and what they open. */
import { fieldOf, listOf } from '../raw-api.ts';
import type { FactContext } from './context.ts';
import { keysOf, type Look, lineOf, refusal, Unseen } from './fact.ts';

/** Seconds; the shortest life that there is. */
const TTL = 300;
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const DESCRIPTION = 'made by the live suite, with a "quote" and an é';

/** Looks, and leaves a token that expires while other things are looked at. */
export async function lookAtTokens({ api, subject }: FactContext, look: Look): Promise<void> {
  const create = (body: object) => api.createToken(subject, { name: 'facts', ttl: TTL, ...body });
  const listed = async (name: string) =>
    listOf((await api.tokens(subject)).json, 'tokens').filter((token) => fieldOf(token, 'name') === name);

  await look('Creating a token', '200; the secret is a JWT, expire_at is ttl after created_ts', async () => {
    const answer = await create({ name: 'short' });
    const life = (timeOf(answer.json, 'expire_at') - timeOf(answer.json, 'created_ts')) / 1000;
    const isJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(String(fieldOf(answer.json, 'token')));
    const seen = `${lineOf(answer)}; the secret is ${isJwt ? 'a' : 'no'} JWT, its life ${life} s`;
    return { seen, fits: answer.status === 200 && isJwt && Math.abs(life - TTL) <= 1 };
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

  await look('A token name that is reserved', '400 BAD_REQUEST', async () =>
    refusal(await create({ name: 'MotherDuck Extension' }), { status: 400, code: 'BAD_REQUEST' }),
  );

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

  await look('Deleting a token that does not exist', '404 as JSON with the code NOT_FOUND', async () =>
    refusal(await api.deleteToken(subject, UNKNOWN_ID), { status: 404, code: 'NOT_FOUND' }),
  );

  await look('The REST API with a read scaling token', 'refused, 401 or 403', async () => {
    const { json } = await create({ name: 'asks', token_type: 'read_scaling' });
    return refused(api.get('/v1/users?limit=1', secretIn(json)));
  });

  await look('The REST API with a token of no Admin', 'refused, 401 or 403', async () => {
    const { json } = await create({ name: 'asks too' });
    // Every preset role may list users.
    return refused(api.get('/v1/active_accounts', secretIn(json)));
  });
}

/** The end of the token that was made first. */
export async function lookAtExpiry({ api, subject, wait, sleep }: FactContext, look: Look): Promise<void> {
  await look('A token that expired, in the list', undefined, async () => {
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
    return { seen: (await find()).token === undefined ? 'not listed any more' : 'still listed' };
  });
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
