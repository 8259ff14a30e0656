/** What the kind `gcs` uses of Google Cloud Storage's JSON API, strict about conditions. */
import { type Answer, ObjectServer, type ServedRequest } from './object-server.ts';

const PAGE = 1000;

/** @param buckets The buckets that exist. */
export function gcsServer(buckets: readonly string[] = ['acme']): Promise<ObjectServer> {
  return new ObjectServer((request, server) => handle(request, server, buckets)).start();
}

function handle({ method, url, headers, text }: ServedRequest, server: ObjectServer, buckets: readonly string[]) {
  const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname);
  const object = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(url.pathname);
  const bucket = upload?.[1] ?? object?.[1] ?? '';
  const key = decodeURIComponent(object?.[2] ?? url.searchParams.get('name') ?? '');
  const name = `${bucket}/${key}`;
  const within = (word: string, act: () => Answer) => ({
    action: `${word} ${name}`,
    act: () => (buckets.includes(bucket) ? act() : failure(404, 'The specified bucket does not exist.', 'notFound')),
  });
  if (method === 'POST' && upload) {
    const isCreation = url.searchParams.get('ifGenerationMatch') === '0';
    return within(isCreation ? 'CREATE' : 'PUT', () => {
      const body = mediaIn(text, headers['content-type'] ?? '');
      if (url.searchParams.get('uploadType') !== 'multipart' || body === undefined) return failure(400, 'Bad Request');
      if (server.write(name, body, isCreation)) return json(200, metadata(name, server));
      return failure(412, 'At least one of the pre-conditions you specified did not hold.', 'conditionNotMet');
    });
  }
  if (method === 'GET' && object && object[2] === undefined) {
    const prefix = url.searchParams.get('prefix') ?? '';
    return {
      ...within('LIST', () => {
        const after = url.searchParams.get('pageToken') ?? '';
        const rest = server.names(`${bucket}/${prefix}`).filter((each) => each > after);
        const items = rest.slice(0, PAGE).map((each) => ({ name: each.slice(bucket.length + 1) }));
        // Google leaves out what is empty.
        const more = rest.length > PAGE ? { nextPageToken: rest[PAGE - 1] } : {};
        return json(200, { kind: 'storage#objects', ...(items.length > 0 ? { items } : {}), ...more });
      }),
      action: `LIST ${bucket}/${prefix}`,
    };
  }
  if (method === 'GET' && object) {
    return within('GET', () => {
      const found = server.objects.get(name);
      const isMedia = url.searchParams.get('alt') === 'media';
      // An error of the other form is a text.
      if (found === undefined && isMedia) return { status: 404, text: `No such object: ${name}` };
      if (found === undefined) return failure(404, `No such object: ${name}`, 'notFound');
      if (!isMedia) return json(200, metadata(name, server));
      const own = { 'content-type': 'application/json', 'last-modified': found.modified.toUTCString() };
      return { status: 200, headers: own, text: found.text };
    });
  }
  if (method === 'DELETE' && object) {
    return within('REMOVE', () =>
      server.objects.delete(name) ? { status: 204 } : failure(404, `No such object: ${name}`, 'notFound'),
    );
  }
  return { action: `${method} ${url.pathname}`, act: () => failure(501, 'not known here') };
}

function metadata(name: string, server: ObjectServer): object {
  const found = server.objects.get(name);
  return { kind: 'storage#object', name: name.slice(name.indexOf('/') + 1), updated: found?.modified.toISOString() };
}

/** The second part of a multipart upload. */
function mediaIn(text: string, contentType: string): string | undefined {
  const boundary = /boundary=([^;]+)/.exec(contentType)?.[1]?.replaceAll(/["']/g, '');
  const part = text.split(`--${boundary}`)[2];
  return part?.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, '');
}

const json = (status: number, document: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  text: JSON.stringify(document),
});

/** An error as Google words it. */
export function failure(code: number, message: string, reason = 'invalid'): Answer {
  return json(code, { error: { code, message, errors: [{ message, domain: 'global', reason }] } });
}
