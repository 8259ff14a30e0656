/** GitLab, played on this machine: the project over HTTP, and as much of its API as notes and variables need. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { Repository } from './git-repository.ts';
import { serveGit } from './git-server.ts';

interface Note {
  readonly id: number;
  readonly author: { readonly id: number };
  body: string;
}

export const NOTE_TOKEN = 'glpat-notes-of-this-test';
export const PROJECT_TOKEN = 'glpat-project-of-this-test';
const BOTS: Readonly<Record<string, number>> = { [NOTE_TOKEN]: 41, [PROJECT_TOKEN]: 42 };

export class GitLab {
  readonly repository: Repository;
  readonly notes: Note[] = [];
  readonly variables = new Map<string, string>();
  url = '';

  private constructor(repository: Repository) {
    this.repository = repository;
  }

  /** A project whose repository, below the folder, holds a copy of the content with the change. */
  static async open(folder: string, content: string, change: (copy: string) => void): Promise<GitLab> {
    const gitlab = new GitLab(Repository.create(folder, 'acme/accounts', content, change));
    const server = createServer((request, response) => {
      if (!request.url?.startsWith('/api/')) serveGit(folder, request, response, (token) => token === PROJECT_TOKEN);
      else void gitlab.#answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    gitlab.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return gitlab;
  }

  note(author: number, body: string): Note {
    const note = { id: 1000 + this.notes.length, author: { id: author }, body };
    this.notes.push(note);
    return note;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const given = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Record<string, string>;
    const token = String(request.headers['private-token']);
    const stage = pathname.replace('/api/v4', '').replace('/projects/9', '');
    const body = BOTS[token] === undefined ? 401 : this.#do(`${request.method} ${stage}`, searchParams, given, token);
    const status = typeof body === 'number' ? body : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  /** What is answered; a number is a status. */
  #do(call: string, query: URLSearchParams, given: Record<string, string>, token: string): unknown {
    const bot = BOTS[token] ?? 0;
    if (call === 'GET /user') return { id: bot };
    const last = call.split('/').at(-1) ?? '';
    if (call.includes('/variables')) return token === PROJECT_TOKEN ? this.#variable(call, last, given) : 403;
    if (call === 'GET /merge_requests/7/notes') {
      const size = Number(query.get('per_page'));
      return this.notes.slice((Number(query.get('page')) - 1) * size).slice(0, size);
    }
    if (call === 'POST /merge_requests/7/notes') return this.note(bot, given.body ?? '');
    const note = this.notes.find(({ id }) => id === Number(last));
    if (!call.startsWith('PUT /merge_requests/7/notes/') || note === undefined) return 404;
    return Object.assign(note, { body: given.body });
  }

  #variable(call: string, name: string, given: Record<string, string>): unknown {
    if (call.startsWith('GET')) return [];
    const key = call.startsWith('POST') ? (given.key ?? '') : name;
    if (call.startsWith('PUT') !== this.variables.has(key)) return call.startsWith('PUT') ? 404 : 400;
    this.variables.set(key, given.value ?? '');
    return given;
  }
}
