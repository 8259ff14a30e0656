/** Reads a recording, which somebody else may have made. */
import { UserError } from '../../../src/model/user-error.ts';
import { expectedOf, SETTING_NAMES, SETTINGS } from '../../../src/sandbox/settings.ts';
import { fieldOf, listOf } from '../raw-api.ts';
import type { Recording } from './recording.ts';

/** @param text undefined: there is no such file. @throws UserError USAGE */
export function readRecording(file: string, text: string | undefined): Recording {
  const json = text === undefined ? undefined : parsed(text);
  const exchanges = listOf(json, 'exchanges');
  const counts = ['person', 'account', 'left'].map((name) => fieldOf(fieldOf(json, 'others'), name));
  const isRecording =
    fieldOf(json, 'recording') === 1 &&
    isObject(fieldOf(json, 'headers')) &&
    areSettings(fieldOf(json, 'settings')) &&
    counts.every((count) => Number.isInteger(count) && Number(count) >= 0 && Number(count) <= 100_000) &&
    exchanges.every(isExchange);
  if (isRecording) return json as Recording;
  const problem = text === undefined ? 'there is no such file' : 'it is not a recording';
  throw new UserError('USAGE', `${file}: ${problem}`, 'Name a file that `npm run test:live -- --record FILE` wrote.');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areSettings(settings: unknown): boolean {
  if (!isObject(settings)) return false;
  return Object.entries(settings).every(([key, value]) => {
    const name = SETTING_NAMES.find((each) => each === key);
    return name !== undefined && expectedOf(SETTINGS[name], value) === undefined;
  });
}

function isExchange(exchange: unknown): boolean {
  const after = fieldOf(exchange, 'after');
  return (
    /^(GET|POST|PUT|DELETE|HEAD|PATCH) \/.*$/.test(String(fieldOf(exchange, 'request'))) &&
    Number.isInteger(fieldOf(exchange, 'status')) &&
    typeof after === 'number' &&
    after >= 0 &&
    ['undefined', 'string'].includes(typeof fieldOf(exchange, 'as'))
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
