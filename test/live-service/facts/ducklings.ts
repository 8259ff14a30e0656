/** Ducklings: what can be set, and what comes of it. Only pulses are asked for. */
import { fieldOf } from '../raw-api.ts';
import type { FactContext } from './context.ts';
import { keysOf, type Look, lineOf, refusal } from './fact.ts';

const PULSE = { instance_size: 'pulse' };
const PULSES = { read_write: PULSE, read_scaling: { ...PULSE, flock_size: 1 } };

export async function lookAtDucklings({ api, subject }: FactContext, look: Look): Promise<void> {
  await look('Setting Ducklings', '200 with what a read then gives', async () => {
    const answer = await api.setDucklings(subject, PULSES);
    const { json } = await api.ducklings(subject);
    const same = JSON.stringify(json) === JSON.stringify(answer.json);
    const seen = `${lineOf(answer)}; a read then gives ${same ? 'the same' : 'something else'}`;
    const isSet = fieldOf(fieldOf(json, 'read_write'), 'instance_size') === 'pulse';
    return { seen, fits: answer.status === 200 && keysOf(json) === 'read_scaling, read_write' && same && isSet };
  });

  await look(
    'A cooldown on a pulse',
    '400 BAD_REQUEST "cooldown_seconds cannot be set for Pulse instances"',
    async () =>
      refusal(await api.setDucklings(subject, { ...PULSES, read_write: { ...PULSE, cooldown_seconds: 60 } }), {
        status: 400,
        code: 'BAD_REQUEST',
        says: 'cooldown_seconds cannot be set for Pulse instances',
      }),
  );

  await look('A read scaling pool of 65', '400 BAD_REQUEST', async () =>
    refusal(await api.setDucklings(subject, { ...PULSES, read_scaling: { ...PULSE, flock_size: 65 } }), {
      status: 400,
      code: 'BAD_REQUEST',
    }),
  );

  await look('Ducklings of one kind alone', '400 BAD_REQUEST: both are required', async () =>
    refusal(await api.setDucklings(subject, { read_write: PULSE }), { status: 400, code: 'BAD_REQUEST' }),
  );
}
