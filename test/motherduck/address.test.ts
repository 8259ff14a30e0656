import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/model/user-error.ts';
import { chooseAddress, parseAddress } from '../../src/motherduck/address.ts';
import { expectGoldenError } from '../golden/golden.ts';

function refusal(text: string): UserError {
  return refusalOf(() => parseAddress(text));
}

function refusalOf(act: () => unknown): UserError {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error('not refused');
}

describe('the address of the API', () => {
  it.each([undefined, '', '  '])('is MotherDuck by default (%j)', (text) => {
    expect(parseAddress(text).href).toBe('https://api.motherduck.com/');
  });

  it.each([
    ['https://api.motherduck.com/', 'https://api.motherduck.com/'],
    ['https://proxy.example/md/', 'https://proxy.example/md/'],
    ['HTTPS://Proxy.example:8443/md', 'https://proxy.example:8443/md'],
    ['https://api.eu-central-1.motherduck.com', 'https://api.eu-central-1.motherduck.com/'],
    ['http://localhost:8080', 'http://localhost:8080/'],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1/'],
    ['http://127.1.2.3', 'http://127.1.2.3/'],
    ['http://[::1]:8080', 'http://[::1]:8080/'],
  ])('accepts %s', (text, href) => {
    expect(parseAddress(text).href).toBe(href);
  });

  it.each([
    'http://api.motherduck.com',
    'http://api.eu-central-1.motherduck.com',
    'http://localhost.evil.example',
    'http://128.0.0.1',
    'ftp://localhost',
    'https://x?token=1',
    'https://x/#',
    'https://api.motherduck.com/v1/',
    'https://',
    'https://a b',
  ])('refuses %s', (text) => {
    expectGoldenError(`an address > ${text}`, refusal(text));
  });

  it.each([
    ['api.motherduck.com', 'https://api.motherduck.com'],
    ['localhost:8080', 'http://localhost:8080'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('suggests an address if the scheme is missing: %s', (text, better) => {
    expect(refusal(text).hint.text).toContain(better);
  });

  it.each([
    'https://user:hunter2@x',
    'https://hunter2@x',
    'user:hunter2@x',
    'https://x?token=hunter2',
    'x#hunter2',
    'https://:hunter2@',
    'ftp://a:hunter2@x',
    'https:///@hunter2',
    'https://@hunter2',
  ])('does not print what may be a password: %s', (text) => {
    const error = refusal(text);
    expect(`${error.message} ${error.hint.text} ${error.stack}`).not.toContain('hunter2');
  });
});

describe('where the address comes from', () => {
  const [A, B] = ['https://api.a.motherduck.com', 'https://api.b.motherduck.com'];

  it.each([
    [undefined, {}, 'https://api.motherduck.com/', undefined],
    [undefined, { MOTHERDUCK_API_URL: ' ', MOTHERDUCK_API_BASE_URL: '' }, 'https://api.motherduck.com/', undefined],
    [undefined, { MOTHERDUCK_API_URL: A }, `${A}/`, 'MOTHERDUCK_API_URL'],
    [undefined, { MOTHERDUCK_API_BASE_URL: B }, `${B}/`, 'MOTHERDUCK_API_BASE_URL'],
    [undefined, { MOTHERDUCK_API_URL: A, MOTHERDUCK_API_BASE_URL: `${A}/` }, `${A}/`, 'MOTHERDUCK_API_URL'],
    [A, { MOTHERDUCK_API_URL: B, MOTHERDUCK_API_BASE_URL: 'http://no' }, `${A}/`, '--api-url'],
  ])('%j and %j: %s', (option, env, href, source) => {
    const chosen = chooseAddress(option, env);
    expect(chosen.address.href).toBe(href);
    expect(chosen.source).toBe(source);
  });

  it('is refused when the two variables differ', () => {
    const env = { MOTHERDUCK_API_URL: A, MOTHERDUCK_API_BASE_URL: `${B}/md` };
    const error = refusalOf(() => chooseAddress(undefined, env));
    expect(error.code).toBe('API_URL_INVALID');
    expectGoldenError('an address > two variables', error);
  });

  it.each(['MOTHERDUCK_API_URL', 'MOTHERDUCK_API_BASE_URL'])('is named when it is wrong: %s', (name) => {
    const error = refusalOf(() => chooseAddress(undefined, { [name]: 'https://user:hunter2@x' }));
    expect(error.message).toContain(`in ${name} `);
    expect(`${error.message} ${error.hint.text}`).not.toContain('hunter2');
  });
});
