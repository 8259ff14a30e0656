/** A recording that somebody sent may be anything. */
import { describe, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { readRecording } from './read.ts';
import { type Recorded, type Recording, recordingOf, recordingText } from './recording.ts';

const EMPTY = recordingOf([], { run: 'mdacc_live_20261129100000_00000001', admin: 'x', made_by: 'a test', hidden: [] });

/** What a file with these exchanges is read as. */
function read(changes: object): Recording {
  return readRecording('r.json', recordingText({ ...EMPTY, ...changes }));
}

const exchange: Recorded = { request: 'GET /v1/users', status: 200, answer: {}, after: 0 };

describe('a file', () => {
  it('that was written is read', () => {
    expect(read({ exchanges: [exchange] })).toMatchObject({ recording: 1, exchanges: [exchange] });
  });

  it.each([
    ['is not there', undefined, 'there is no such file'],
    ['is no JSON', 'x', 'it is not a recording'],
    ['is empty', '', 'it is not a recording'],
    ['is a list', '[]', 'it is not a recording'],
    ['is something else', '{"version":1}', 'it is not a recording'],
  ])('that %s is refused', (_, text, problem) => {
    expect(() => readRecording('r.json', text)).toThrow(`r.json: ${problem}`);
  });

  it.each<[string, object]>([
    ['a newer format', { recording: 2 }],
    ['too many users', { others: { person: 1e9, account: 0, left: 0 } }],
    ['no number of users', { others: {} }],
    ['no headers', { headers: null }],
    ['settings that are none', { settings: { plan: 'enterprise' } }],
    ['a setting that is not known', { settings: { shape: 'round' } }],
    ['an exchange without a request', { exchanges: [{ ...exchange, request: undefined }] }],
    ['a request elsewhere', { exchanges: [{ ...exchange, request: 'GET https://example.com/' }] }],
    ['a time that is none', { exchanges: [{ ...exchange, after: -1 }] }],
  ])('with %s is refused', (_, changes) => {
    expect(() => read(changes)).toThrow('r.json: it is not a recording');
  });
});

it.each([
  'GET /v1/users/%E0%A4%A',
  'GET /v1/users?page_token',
  'GET /v1/users/__proto__/tokens',
  'PATCH /',
  'DELETE /v1/users/../..',
])('a strange request is compared like any other: %s', async (request) => {
  const [compared] = await compare(read({ exchanges: [{ ...exchange, request, as: '<jwt 7>', body: { a: [null] } }] }));
  expect(compared?.differences.length).toBeGreaterThan(0);
});
