/** What the kind `azure` uses of the Blob service's REST API, strict about conditions and signatures. */
import { createHmac } from 'node:crypto';
import { type Answer, ObjectServer, type ServedRequest } from './object-server.ts';

export const ACCOUNT = 'devstoreaccount1';
/** The key that every emulator has. */
export const EMULATOR_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const PAGE = 5000;

interface AzureOptions {
  readonly containers?: readonly string[];
  readonly key?: string;
}

/** The account is the first part of the path, as in emulators. */
export function azureServer({ containers = ['acme'], key = EMULATOR_KEY }: AzureOptions = {}): Promise<ObjectServer> {
  return new ObjectServer((request, server) => handle(request, server, containers, key)).start();
}

function handle(request: ServedRequest, server: ObjectServer, containers: readonly string[], secret: string) {
  const { method, url, headers, text } = request;
  const [, account = '', container = '', ...rest] = url.pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const name = `${container}/${key}`;
  const within = (action: string, act: () => Answer) => ({
    action,
    act: (): Answer => {
      if (headers.authorization !== `SharedKey ${account}:${signature(request, account, secret)}`) {
        return failure(403, 'AuthenticationFailed', 'Server failed to authenticate the request.');
      }
      if (!containers.includes(container)) {
        return failure(404, 'ContainerNotFound', 'The specified container does not exist.');
      }
      return act();
    },
  });
  const isMissing = () => failure(404, 'BlobNotFound', 'The specified blob does not exist.');
  if (method === 'PUT' && key !== '' && url.search === '') {
    const isCreation = headers['if-none-match'] === '*';
    return within(`${isCreation ? 'CREATE' : 'PUT'} ${name}`, () => {
      if (headers['x-ms-blob-type'] !== 'BlockBlob') return failure(400, 'MissingRequiredHeader', 'x-ms-blob-type');
      if (server.write(name, text, isCreation)) return { status: 201, headers: ofBlob(name, server) };
      return failure(409, 'BlobAlreadyExists', 'The specified blob already exists.');
    });
  }
  if (method === 'GET' && key === '' && url.searchParams.get('comp') === 'list') {
    const prefix = url.searchParams.get('prefix') ?? '';
    return within(`LIST ${container}/${prefix}`, () => {
      const after = url.searchParams.get('marker') ?? '';
      const left = server.names(`${container}/${prefix}`).filter((each) => each > after);
      return listed(container, left.slice(0, PAGE), left.length > PAGE ? (left[PAGE - 1] ?? '') : '');
    });
  }
  if (method === 'GET' && url.search === '') {
    return within(`GET ${name}`, () => {
      const found = server.objects.get(name);
      return found ? { status: 200, headers: ofBlob(name, server), text: found.text } : isMissing();
    });
  }
  if (method === 'DELETE') {
    return within(`REMOVE ${name}`, () => (server.objects.delete(name) ? { status: 202 } : isMissing()));
  }
  return { action: `${method} ${name}`, act: () => failure(501, 'NotImplemented', 'not known here') };
}

function ofBlob(name: string, server: ObjectServer): Record<string, string> {
  const modified = server.objects.get(name)?.modified.toUTCString() ?? '';
  return { 'last-modified': modified, 'content-type': 'application/json', 'x-ms-blob-type': 'BlockBlob' };
}

function listed(container: string, names: readonly string[], next: string): Answer {
  const blobs = names.map((each) => `<Blob><Name>${each.slice(container.length + 1)}</Name><Properties/></Blob>`);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    text: `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>${blobs.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`,
  };
}

/** An error as Azure words it. */
export function failure(status: number, code: string, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code },
    text: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}\nRequestId:1\nTime:2026-01-01T00:00:00Z</Message></Error>`,
  };
}

/** The signature that a request must have. */
function signature({ method, url, headers }: ServedRequest, account: string, secret: string): string {
  const standard = ['content-encoding', 'content-language', 'content-length', 'content-md5', 'content-type', 'date'];
  const conditions = ['if-modified-since', 'if-match', 'if-none-match', 'if-unmodified-since', 'range'];
  const values = [...standard, ...conditions].map((name) => headers[name] ?? '');
  // An empty body is signed as none.
  if (values[2] === '0') values[2] = '';
  const own = Object.keys(headers).filter((name) => name.startsWith('x-ms-'));
  const parameters = [...url.searchParams.keys()].sort();
  const signed = [
    method,
    ...values,
    ...own.sort().map((name) => `${name}:${headers[name]}`),
    `/${account}${url.pathname}`,
    ...parameters.map((name) => `${name.toLowerCase()}:${url.searchParams.get(name)}`),
  ].join('\n');
  return createHmac('sha256', Buffer.from(secret, 'base64')).update(signed, 'utf8').digest('base64');
}
