/** What a later apply revokes without being asked again is named, whatever the format, and however much of it there is. */
import { expect, it } from 'vitest';
import { planHtml } from '../../src/report/plan/html.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
import { planText } from '../../src/report/plan/text.ts';
import { DAY, desire, failsSmoke, HOUR, token, World } from '../world.ts';

const FORMATS = { text: planText, markdown: planMarkdown, html: planHtml };
const keys = Array.from({ length: 60 }, (_, n) => `key${n + 10}`);
const desired = desire({ etl_prod: { tokens: keys.map((key, n) => token(key, { overlap: (n + 1) * DAY })) } });

it.each(Object.entries(FORMATS))('%s names every token whose overlap ends later', async (_, write) => {
  const world = new World();
  await world.apply(desired);
  await world.apply(desired, { rotate: () => true });
  await world.organization.advance(HOUR);
  const plan = await world.plan(desired);
  expect(plan.actions).toEqual([]);
  const report = write(plan).replaceAll('\\', '');
  for (const key of keys) expect(report).toMatch(new RegExp(`${key}\\b(?!\\.)`));
});

it.each(Object.entries(FORMATS))('%s names every token whose overlap begins with the plan', async (_, write) => {
  const world = new World();
  await world.apply(desired);
  await world.apply(desired, { rotate: () => true, verify: failsSmoke });
  const report = write(await world.plan(desired, { rotate: () => true })).replaceAll('\\', '');
  for (const key of keys) expect(report).toMatch(new RegExp(`${key}\\b(?!\\.)`));
});
