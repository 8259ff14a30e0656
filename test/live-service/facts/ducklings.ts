/** Ducklings: what can be set, and what comes of it. Only pulses are connected to. */
import { SIZES } from '../../../src/model/ducklings.ts';
import { fieldOf } from '../raw-api.ts';
import type { FactContext } from './context.ts';
import { keysOf, type Look, lineOf, refusal } from './fact.ts';

const PULSE = { instance_size: 'pulse' };
const STANDARD = { instance_size: 'standard' };
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

  for (const [about, seconds] of [
    ['one second too short', 59],
    ['one second too long', 86_401],
  ] as const) {
    await look(`A cooldown ${about}`, '400 BAD_REQUEST', async () =>
      refusal(await api.setDucklings(subject, { ...PULSES, read_write: { ...STANDARD, cooldown_seconds: seconds } }), {
        status: 400,
        code: 'BAD_REQUEST',
      }),
    );
  }

  // Nothing connects, so a size costs nothing. A plan can lack it.
  const set = async (read_write: object, read_scaling: object = {}) => {
    const answer = await api.setDucklings(subject, {
      read_write,
      read_scaling: { ...PULSES.read_scaling, ...read_scaling },
    });
    return { answer, cooldown: fieldOf(fieldOf(answer.json, 'read_write'), 'cooldown_seconds') };
  };

  await look('The default cooldown of each size', '60 s; by another page 300 s on mega and 600 s on giga', async () => {
    const seen: string[] = [];
    for (const instance_size of SIZES.filter((size) => size !== 'pulse')) {
      const { answer, cooldown } = await set({ instance_size });
      seen.push(`${instance_size} ${answer.status === 200 ? `${String(cooldown)} s` : lineOf(answer)}`);
    }
    return { seen: seen.join(', ') };
  });

  await look('A cooldown that is left out, while the size stays', undefined, async () => {
    const { answer, cooldown: given } = await set({ ...STANDARD, cooldown_seconds: 120 });
    if (answer.status !== 200) return { seen: lineOf(answer) };
    const { cooldown } = await set(STANDARD);
    return { seen: cooldown === given ? 'it stays' : `it becomes ${String(cooldown)} s` };
  });

  await look('Read scaling of size mega', '400 BAD_REQUEST "Invalid config for tier"', async () => {
    const { answer } = await set(PULSE, { instance_size: 'mega' });
    return refusal(answer, { status: 400, code: 'BAD_REQUEST', says: 'Invalid config for tier' });
  });

  await look('A read scaling pool of 64', undefined, async () => {
    const { answer } = await set(PULSE, { flock_size: 64 });
    return { seen: lineOf(answer) };
  });

  await look('Ducklings that are set back to pulses', '200', async () => {
    const { answer } = await set(PULSE);
    return { seen: lineOf(answer), fits: answer.status === 200 };
  });
}
