/** What is absent was proven to be absent: nothing is created, forgotten or deleted for what a list merely lacks. */
import { expect, it } from 'vitest';
import { brief, desire, token, World } from '../world.ts';

const both = desire({ airbyte: { tokens: [token('load')] }, dbt: { tokens: [token('run')] } });

/** A world whose list of users has two pages, between which `deleted` is deleted, so that the second page skips a user. */
async function worldOfPages(deleted: string, { replaced = false } = {}): Promise<World> {
  const world = new World();
  await world.api.createUser(deleted);
  await world.apply(both);
  world.interfere = async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== '/v1/users' || request.method !== 'GET') return undefined;
    const isSecond = searchParams.has('page_token');
    if (isSecond) {
      await world.organization.handle(
        new Request(`${request.url.split('?')[0]}/${deleted}`, { method: 'DELETE', headers: request.headers }),
      );
      if (replaced) await world.api.createUser('zz_new');
    }
    const { users, total_count } = (await (
      await world.organization.handle(new Request(request.url.split('?')[0] ?? '', { headers: request.headers }))
    ).json()) as { users: unknown[]; total_count: number };
    const page = isSecond ? users.slice(2) : users.slice(0, 2);
    return Response.json({ users: page, total_count, next_page_token: isSecond ? null : '2' });
  };
  return world;
}

it.each([false, true])(
  'a managed account that paging skipped is there (another one was created: %s)',
  async (replaced) => {
    const forConfigured = await worldOfPages('a_person', { replaced });
    expect(brief(await forConfigured.plan(both))).toEqual([]);
    const forRemoved = await worldOfPages('a_person', { replaced });
    const { actions, retained } = await forRemoved.plan(desire({}));
    expect(actions).toEqual([]);
    expect(retained).toEqual(['airbyte', 'dbt']);
  },
);

it('a list that MotherDuck counts otherwise is called incomplete, with both numbers', async () => {
  const world = new World();
  await world.apply(both);
  world.interfere = async (request) => {
    if (!request.url.includes('/v1/users?')) return undefined;
    const page = (await (await world.organization.handle(request)).json()) as object;
    return Response.json({ ...page, total_count: 50 });
  };
  const { warnings } = await world.plan(both);
  expect(warnings).toEqual([{ kind: 'users_incomplete', listed: 3, total: 50 }]);
});
