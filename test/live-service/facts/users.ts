/** Accounts: how they are made, listed, compared and deleted. */
import { FACTS } from '../names.ts';
import { fieldOf, listOf, type RawAnswer } from '../raw-api.ts';
import { isLiveServiceAccount, listUsers } from '../users.ts';
import type { FactContext } from './context.ts';
import { keysOf, type Look, lineOf, refusal, Unseen } from './fact.ts';

const USER = 'email, first_name, id, is_deprovisioned, is_service_account, last_name, roles, username';

/** Makes the account that everything else is looked at with. */
export async function lookAtCreation({ api, subject }: FactContext, look: Look): Promise<void> {
  await look('Creating an account', '200 with username', async () => {
    const answer = await api.createUser(subject);
    const fits = answer.status === 200 && keysOf(answer.json) === 'username';
    return { seen: lineOf(answer), fits: fits && fieldOf(answer.json, 'username') === subject };
  });

  await look('The Ducklings of a new account', 'standard and standard x4, on a Business plan', async () => {
    const { json } = await api.ducklings(subject);
    const [rw, rs] = [fieldOf(json, 'read_write'), fieldOf(json, 'read_scaling')];
    const seen = `${sizeOf(rw)} and ${sizeOf(rs)} x${String(fieldOf(rs, 'flock_size'))}`;
    return { seen, fits: seen === 'standard and standard x4' };
  });

  await look('The cooldown of a new account', '60 s on standard; none on pulse', async () => {
    const { json } = await api.ducklings(subject);
    const part = fieldOf(json, 'read_write');
    const [size, cooldown] = [sizeOf(part), fieldOf(part, 'cooldown_seconds')];
    const known: Readonly<Record<string, unknown>> = { pulse: undefined, standard: 60 };
    if (!(size in known)) throw new Unseen(`a new account has a Duckling of size ${size}`);
    return {
      seen: `${cooldown === undefined ? 'none' : `${String(cooldown)} s`} on ${size}`,
      fits: cooldown === known[size],
    };
  });
}

export async function lookAtUsers({ api, subject }: FactContext, look: Look): Promise<void> {
  await look('A username with a hyphen', '400 BAD_REQUEST, an issue about username', async () =>
    refusal(await api.createUser(`${api.run}_${FACTS.hyphen}`), {
      status: 400,
      code: 'BAD_REQUEST',
      field: 'username',
    }),
  );

  await look('A username of 256 characters', '400 BAD_REQUEST, an issue about username', async () =>
    refusal(await api.createUser(`${api.run}_${FACTS.long}`), { status: 400, code: 'BAD_REQUEST', field: 'username' }),
  );

  await look('A username with a letter outside ASCII', undefined, async () => {
    const answer = await api.createUser(`${api.run}_${FACTS.unicode}`);
    if (answer.status === 200) await api.deleteUser(`${api.run}_${FACTS.unicode}`);
    return { seen: lineOf(answer) };
  });

  await look('A username that exists', undefined, async () => {
    const answer = await api.createUser(subject);
    return { seen: `${lineOf(answer)}, ${takenAs(answer)}` };
  });

  await look('A username that exists in other letters', 'refused: compared without regard to case', async () => {
    const answer = await api.createUser(`${api.run}_${FACTS.capitals}`);
    return { seen: lineOf(answer), fits: takenAs(answer) !== UNEXPECTED };
  });

  await look('An account by its name in other letters', '200: compared without regard to case', async () => {
    const answer = await api.ducklings(`${api.run}_${FACTS.capitals}`);
    return { seen: lineOf(answer), fits: answer.status === 200 };
  });

  await look('The list of users', `200 with next_page_token, total_count, users; in each: ${USER}`, async () => {
    const answer = await api.get('/v1/users?limit=1000');
    const shapes = new Set(listOf(answer.json, 'users').map(keysOf));
    const seen = `${lineOf(answer)}; in each: ${[...shapes].join(' and ')}`;
    const fits =
      keysOf(answer.json) === 'next_page_token, total_count, users' && [...shapes].every((shape) => shape === USER);
    return { seen, fits: answer.status === 200 && fits };
  });

  await look('A page of one user', 'one user, and the next page has another', async () => {
    const first = await api.get('/v1/users?limit=1');
    const next = fieldOf(first.json, 'next_page_token');
    if (typeof next !== 'string' || next === '') return { seen: `${counted(first)}, and no next page`, fits: false };
    const second = await api.get(`/v1/users?${new URLSearchParams({ limit: '1', page_token: next })}`);
    const [one, other] = [first, second].map(({ json }) => fieldOf(listOf(json, 'users')[0], 'id'));
    const isOther = other !== undefined && one !== other;
    const seen = `${counted(first)}, then ${counted(second)}, ${isOther ? 'another' : 'not another'}`;
    return { seen, fits: isOther && [first, second].every(({ json }) => listOf(json, 'users').length === 1) };
  });

  await look('The last page', 'next_page_token is null or empty, total_count is the number of users', async () => {
    const users = (await listUsers(api)) ?? [];
    const { json } = await api.get('/v1/users?limit=1000');
    if (Number(fieldOf(json, 'total_count')) > 1000) throw new Unseen('there are more than 1000 users');
    const next = fieldOf(json, 'next_page_token');
    const seen = `next_page_token ${JSON.stringify(next)}; ${users.length} users, total_count ${String(fieldOf(json, 'total_count'))}`;
    return { seen, fits: (next === null || next === '') && fieldOf(json, 'total_count') === users.length };
  });

  await look('Only service accounts', 'is_service_account=true leaves out people', async () => {
    const answer = await api.get('/v1/users?limit=1000&is_service_account=true');
    const users = listOf(answer.json, 'users');
    const people = users.filter((user) => fieldOf(user, 'is_service_account') !== true).length;
    return {
      seen: `${answer.status}, ${people} people in it`,
      fits: answer.status === 200 && users.length > 0 && people === 0,
    };
  });

  await look('The list of users, with is_deprovisioned', 'true and false are two parts of the whole', async () => {
    const counts = await Promise.all(
      ['', '&is_deprovisioned=true', '&is_deprovisioned=false'].map(async (query) => {
        const { status, json } = await api.get(`/v1/users?limit=1${query}`);
        if (status !== 200) throw new Unseen(`the list of users answers ${status}`);
        return Number(fieldOf(json, 'total_count'));
      }),
    );
    const [all = 0, left = 0, there = 0] = counts;
    return { seen: `${left} and ${there} of ${all}`, fits: left + there === all };
  });

  await look('The roles of a new service account', undefined, async () => {
    const users = await listUsers(api);
    if (users === undefined) throw new Unseen('the users cannot be listed');
    const own = users.find((user) => fieldOf(user, 'username') === subject);
    return { seen: listOf(own, 'roles').map(String).join(', ') || 'none' };
  });

  await look('A page token that was never given', undefined, async () => ({
    seen: lineOf(await api.get('/v1/users?limit=1&page_token=nonsense')),
  }));

  await look('A page of 1001 users', undefined, async () => ({ seen: lineOf(await api.get('/v1/users?limit=1001')) }));
}

/** The end of the account, with tokens that live. */
export async function lookAtDeletion({ api, subject }: FactContext, look: Look): Promise<void> {
  await look('Deleting an account that has tokens', '200 with username', async () => {
    const had = listOf((await api.tokens(subject)).json, 'tokens').length;
    if (had === 0) throw new Unseen('no token was left to delete it with');
    const answer = await api.deleteUser(subject);
    return { seen: lineOf(answer), fits: answer.status === 200 && keysOf(answer.json) === 'username' };
  });

  await look('An account that was deleted', '404 as JSON with the code NOT_FOUND', async () =>
    refusal(await api.ducklings(subject), { status: 404, code: 'NOT_FOUND' }),
  );

  await look('A deleted account in the list', undefined, async () => {
    const users = ((await listUsers(api)) ?? []).filter((user) => fieldOf(user, 'username') === subject);
    if (users.length === 0) return { seen: 'not listed' };
    return { seen: users.some(isLiveServiceAccount) ? 'listed as if it were there' : 'listed as deprovisioned' };
  });
}

const UNEXPECTED = 'which the program does not take for a taken name';

/** What the program makes of a refusal of a name. */
function takenAs({ status, json }: RawAnswer): string {
  if (status === 409) return 'a conflict';
  const isConstraint = status === 400 && /unique constraint/i.test(String(fieldOf(json, 'message')));
  return isConstraint ? 'a conflict in other words' : UNEXPECTED;
}

function sizeOf(part: unknown): string {
  return String(fieldOf(part, 'instance_size'));
}

function counted({ json }: RawAnswer): string {
  const count = listOf(json, 'users').length;
  return `${count} ${count === 1 ? 'user' : 'users'}`;
}
