import { expect, it } from 'vitest';
import { ServiceClock } from '../../src/state/service-clock.ts';

const SEEN = Date.UTC(2030, 0, 1);

it.each([new Date(SEEN).toUTCString(), new Date(SEEN)])('goes on from the time of the last answer: %s', (date) => {
  const clock = new ServiceClock();
  clock.seen(date);
  const first = clock.now();
  expect(first).toBeGreaterThanOrEqual(SEEN);
  for (const none of [undefined, null, '', 'soon', new Date(Number.NaN)]) clock.seen(none);
  expect(clock.now()).toBeGreaterThanOrEqual(first);
});
