/** How MotherDuck says no, and what comes with every answer. */
import { FACTS } from '../names.ts';
import { fieldOf } from '../raw-api.ts';
import type { FactContext } from './context.ts';
import { keysOf, type Look, lineOf, refusal } from './fact.ts';

export async function lookAtErrors({ api, subject }: FactContext, look: Look): Promise<void> {
  const nobody = `${api.run}_nobody`;

  await look('A path that is not routed', '404 as plain text, "Not Found"', async () => {
    const answer = await api.get(`/v1/users/${subject}`);
    const isPlain = answer.json === undefined && (answer.headers.get('content-type') ?? '').startsWith('text/plain');
    return { seen: lineOf(answer), fits: answer.status === 404 && isPlain && answer.text.trim() === 'Not Found' };
  });

  await look('An account that does not exist', '404 as JSON with the code NOT_FOUND', async () =>
    refusal(await api.ducklings(nobody), { status: 404, code: 'NOT_FOUND' }),
  );

  await look('Tokens of an account that does not exist', '404 as JSON with the code NOT_FOUND', async () =>
    refusal(await api.tokens(nobody), { status: 404, code: 'NOT_FOUND' }),
  );

  await look('Deleting an account that does not exist', '404 as JSON with the code NOT_FOUND', async () =>
    refusal(await api.deleteUser(nobody), { status: 404, code: 'NOT_FOUND' }),
  );

  await look('A call without a token', '401 UNAUTHORIZED', async () =>
    refusal(await api.get('/v1/users?limit=1', null), { status: 401, code: 'UNAUTHORIZED' }),
  );

  await look('A call with something that is no token', '401 UNAUTHORIZED', async () =>
    refusal(await api.get('/v1/users?limit=1', 'nonsense'), { status: 401, code: 'UNAUTHORIZED' }),
  );

  await look('The body of a validation error', 'code, data (code, httpStatus, path), issues, message', async () => {
    const { json } = await api.createUser(`${api.run}_${FACTS.hyphen}`);
    const data = keysOf(fieldOf(json, 'data'));
    const fits = keysOf(json) === 'code, data, issues, message' && data === 'code, httpStatus, path';
    return { seen: `${keysOf(json)}; in data: ${data}`, fits };
  });

  await look('The Date header', 'on every answer', async () => {
    const { headers } = await api.ducklings(subject);
    const date = headers.get('date');
    const difference = Math.round((Date.parse(date ?? '') - Date.now()) / 1000);
    if (date === null || Number.isNaN(difference)) return { seen: 'none', fits: false };
    const apart = Math.abs(difference) < 3 ? 'as this machine has it' : `${difference} s from this machine's clock`;
    return { seen: `there, ${apart}`, fits: true };
  });

  await look('Headers about rate limits', undefined, async () => {
    const { headers } = await api.get('/v1/active_accounts');
    const names = [...headers.keys()].filter((name) => /rate-?limit|retry-after|quota/.test(name));
    return { seen: names.length === 0 ? 'none' : names.join(', ') };
  });
}
