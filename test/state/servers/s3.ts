/** A server with the part of S3's interface that a state needs: strict about conditions, signatures and regions, and it can fail. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StoredObject } from '../../../src/state/object-store.ts';
import type { AtEffect } from './object-server.ts';

/** An answer that the server gives in the place of the right one. */
export interface S3Refusal {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields of the error's document. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Whether the request took effect. */
  readonly tookEffect?: boolean;
}

/** What becomes of a request: an answer, none since it never arrives, none after it took effect, or none and the connection stays. */
export type S3Fate = 'answered' | 'never_arrives' | 'answer_lost' | 'hangs' | S3Refusal;

/** A request as faults see it. */
export interface S3Request {
  readonly method: string;
  /** The object's key, or the prefix of a list. */
  readonly key: string;
  readonly isConditional: boolean;
}

export class S3Server {
  readonly objects = new Map<string, StoredObject>();
  readonly buckets = new Set(['acme-platform']);
  readonly requests: string[] = [];
  readonly region = 'eu-central-1';
  /** Decides about each request. */
  fate: (request: S3Request) => S3Fate = () => 'answered';
  atEffect: AtEffect = () => false;
  /** Milliseconds that an answer takes. */
  latencyMs = 0;
  /** Milliseconds that its clock is ahead of this machine's. */
  ahead = 0;
  /** As older compatible services, which replace the object. */
  ignoresConditions = false;
  url = '';
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  /** Credentials that it accepts, as the program finds them. */
  static readonly ENV = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    AWS_EC2_METADATA_DISABLED: 'true',
  } as const;

  static async start(): Promise<S3Server> {
    const server = new S3Server();
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`;
    return server;
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (this.latencyMs > 0) await new Promise((done) => setTimeout(done, this.latencyMs));
    const body = Buffer.concat(chunks);
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const [, bucket = '', path = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(pathname)) ?? [];
    const { method = '' } = request;
    const isList = method === 'GET' && path === '';
    const key = isList ? (searchParams.get('prefix') ?? '') : path;
    const isConditional = request.headers['if-none-match'] === '*';
    const action = `${isList ? 'LIST' : isConditional ? 'CREATE' : method} ${key}`;
    this.requests.push(action);
    if (this.atEffect('before', action)) return void request.socket.destroy();
    const fate = this.fate({ method: isList ? 'LIST' : method, key, isConditional });
    if (fate === 'never_arrives') return void request.socket.destroy();
    if (typeof fate === 'object' && fate.tookEffect !== true) return void this.#refuse(response, fate);
    const wrong = this.#wrongSignature(request, body) ?? (this.buckets.has(bucket) ? undefined : NO_BUCKET);
    if (wrong !== undefined) return void this.#refuse(response, wrong);
    const held = new HeldAnswer();
    const of = { method, bucket, key, isList, isConditional, body, searchParams };
    this.#answer(held as unknown as ServerResponse, of);
    if (this.atEffect('after', action)) request.socket.destroy();
    else if (fate === 'answered') held.giveTo(response);
    // Otherwise it took effect, and what it answers is lost.
    else if (typeof fate === 'object') this.#refuse(response, fate);
    else if (fate === 'answer_lost') request.socket.destroy();
  }

  #answer(response: ServerResponse, { method, bucket, key, isList, isConditional, body, searchParams }: Parsed): void {
    const name = `${bucket}/${key}`;
    const found = this.objects.get(name);
    if (isList) return void this.#list(response, bucket, key, searchParams.get('continuation-token') ?? '');
    switch (method) {
      case 'GET':
        if (found === undefined) return void this.#refuse(response, { status: 404, code: 'NoSuchKey' });
        response.writeHead(200, {
          ...this.#headers(),
          etag: etagOf(found.text),
          'last-modified': new Date(found.modified).toUTCString(),
          'content-type': 'application/json',
        });
        return void response.end(found.text);
      case 'PUT':
        if (isConditional && found !== undefined && !this.ignoresConditions) {
          return void this.#refuse(response, { status: 412, code: 'PreconditionFailed' });
        }
        this.objects.set(name, { text: body.toString('utf8'), modified: this.#now() });
        response.writeHead(200, { ...this.#headers(), etag: etagOf(body) });
        return void response.end();
      case 'DELETE':
        this.objects.delete(name);
        response.writeHead(204, this.#headers());
        return void response.end();
      default:
        return void this.#refuse(response, { status: 405, code: 'MethodNotAllowed' });
    }
  }

  #list(response: ServerResponse, bucket: string, prefix: string, after: string): void {
    const keys = [...this.objects.keys()]
      .filter((name) => name.startsWith(`${bucket}/${prefix}`))
      .map((name) => name.slice(bucket.length + 1))
      .filter((key) => key > after)
      .sort();
    const page = keys.slice(0, 1000);
    const contents = page.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`).join('');
    const next = keys.length > page.length ? page.at(-1) : undefined;
    const token = next === undefined ? '' : `<NextContinuationToken>${escaped(next)}</NextContinuationToken>`;
    response.writeHead(200, { ...this.#headers(), 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name><IsTruncated>${next !== undefined}</IsTruncated>${contents}${token}</ListBucketResult>`,
    );
  }

  #refuse(response: ServerResponse, { status, code = '', message = '', headers = {}, fields = {} }: S3Refusal): void {
    const more = Object.entries(fields).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
    const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escaped(message)}</Message>${more.join('')}</Error>`;
    response.writeHead(status, { ...this.#headers(), ...headers, 'content-type': 'application/xml' });
    response.end(code === '' ? '' : text);
  }

  /** That a request is signed, by known credentials, for this region and this body. */
  #wrongSignature({ headers }: IncomingMessage, body: Buffer): S3Refusal | undefined {
    const signature =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=[0-9a-f]{64}$/.exec(
        headers.authorization ?? '',
      );
    if (signature === null) return { status: 403, code: 'AccessDenied', message: 'Anonymous access is forbidden' };
    const [, id, region = '', signed = ''] = signature;
    if (id !== S3Server.ENV.AWS_ACCESS_KEY_ID) return { status: 403, code: 'InvalidAccessKeyId' };
    if (region !== this.region) {
      const message = `The authorization header is malformed; the region '${region}' is wrong; expecting '${this.region}'`;
      return { status: 400, code: 'AuthorizationHeaderMalformed', message, fields: { Region: this.region } };
    }
    const date = Date.parse(`${headers['x-amz-date']}`.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
    if (!(Math.abs(date - this.#now()) < 15 * 60_000)) return { status: 403, code: 'RequestTimeTooSkewed' };
    const needed = ['host', 'x-amz-date', 'x-amz-content-sha256'];
    if (!needed.every((name) => signed.split(';').includes(name)))
      return { status: 403, code: 'SignatureDoesNotMatch' };
    const hash = createHash('sha256').update(body).digest('hex');
    if (headers['x-amz-content-sha256'] !== hash) return { status: 400, code: 'XAmzContentSHA256Mismatch' };
    return undefined;
  }

  #headers() {
    return { date: new Date(this.#now()).toUTCString(), 'x-amz-request-id': 'TX0' };
  }

  #now(): number {
    return Date.now() + this.ahead;
  }
}

/** An answer that is not sent yet. */
class HeldAnswer {
  #status = 0;
  #headers: Record<string, string> = {};
  #body = '';

  writeHead(status: number, headers: Record<string, string>): this {
    this.#status = status;
    this.#headers = headers;
    return this;
  }

  end(body = ''): this {
    this.#body = body;
    return this;
  }

  giveTo(response: ServerResponse): void {
    response.writeHead(this.#status, this.#headers).end(this.#body);
  }
}

interface Parsed {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly isList: boolean;
  readonly isConditional: boolean;
  readonly body: Buffer;
  readonly searchParams: URLSearchParams;
}

const NO_BUCKET: S3Refusal = { status: 404, code: 'NoSuchBucket' };
const etagOf = (text: string | Buffer) => `"${createHash('md5').update(text).digest('hex')}"`;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
