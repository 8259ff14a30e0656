/** A plan advises nothing that it does itself, and announces nothing of what is over. */
import { expect, it } from 'vitest';
import { groupNotices } from '../../src/wording/notice-groups.ts';
import { brief, DAY, desire, failsSmoke, token, World } from '../world.ts';

const desired = desire({ etl_prod: { tokens: [token('airflow')] } });
const kinds = ({ warnings }: { readonly warnings: readonly { readonly kind: string }[] }) =>
  warnings.map(({ kind }) => kind);

it('unverified tokens are named until the plan rotates them', async () => {
  const world = new World();
  await world.apply(desired);
  await world.apply(desired, { rotate: () => true, verify: failsSmoke });
  expect(kinds(await world.plan(desired))).toContain('unverified');
  const rotating = await world.plan(desired, { rotate: () => true });
  expect(brief(rotating)).toContain('rotate_token etl_prod/airflow');
  const [named] = groupNotices(rotating.warnings.filter(({ kind }) => kind === 'unverified'));
  expect(named?.notices).toMatchObject([{ replaced: 'airflow', rotated: true }]);
  expect(named?.hint).not.toHaveProperty('command');
});

it.each<[string, DesiredOverlap]>([
  ['whose overlap would still run', { overlap: 200 * DAY }],
  ['whose replacement was not verified', { verify: failsSmoke }],
])('a replaced token that has expired is not announced: %s', async (_, { overlap = DAY, verify }) => {
  const wanted = desire({ etl_prod: { tokens: [token('airflow', { overlap, ttl: 90 * DAY })] } });
  const world = new World();
  await world.apply(wanted);
  await world.organization.advance(60 * DAY);
  await world.apply(wanted, { rotate: () => true, ...(verify ? { verify } : {}) });
  await world.organization.advance(35 * DAY);
  const live = await world.live(wanted);
  const plan = world.planOf(wanted, live);
  const account = live.accounts.get('etl_prod');
  const tokens = account?.presence === 'present' ? account.value.tokens : [];
  const old = { ...tokens[0], name: 'airflow', expiresAt: live.now - DAY * 1000 } as (typeof tokens)[number];
  const state = world.stateWriter.state.accounts.get('etl_prod')?.tokens.get('airflow')?.retiring[0];
  const listed = new Map(live.accounts);
  if (account?.presence === 'present' && state !== undefined) {
    const others = tokens.filter(({ id }) => id !== state.id);
    listed.set('etl_prod', { ...account, value: { ...account.value, tokens: [...others, { ...old, id: state.id }] } });
  }
  // Whether MotherDuck lists what has expired is not ours to say.
  for (const each of [plan, world.planOf(wanted, { ...live, accounts: listed })]) {
    expect(each.next.filter(({ change }) => change === 'is revoked')).toEqual([]);
    expect(kinds(each)).not.toContain('unverified');
  }
});

interface DesiredOverlap {
  readonly overlap?: number;
  readonly verify?: typeof failsSmoke;
}
