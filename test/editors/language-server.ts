/** The language server that editors run for YAML, as a process that is spoken to over its standard input and output. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const SERVER = path.join(
  path.dirname(createRequire(import.meta.url).resolve('yaml-language-server/package.json')),
  'bin/yaml-language-server',
);
const HEADER = /^Content-Length: (\d+)\r\n(?:[\w-]+: .*\r\n)*\r\n/;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly items?: readonly object[];
    readonly uri?: string;
    readonly diagnostics?: readonly Diagnostic[];
  };
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}
export interface Position {
  readonly line: number;
  readonly character: number;
}
interface Completion {
  readonly label: string;
}
interface Hover {
  readonly contents: { readonly value: string };
}
interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: Position };
}

export class LanguageServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #settings: object;
  readonly #problems = new Map<string, (found: readonly Diagnostic[]) => void>();
  /** Called when the server has got the settings. */
  #configured: () => void = () => {};
  #received = Buffer.alloc(0);
  #last = 0;

  private constructor(settings: object) {
    this.#settings = settings;
    this.#child = spawn(process.execPath, [SERVER, '--stdio']);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  /** @param settings The part of an editor's settings that begins with `yaml`. */
  static async start(folder: string, settings: object = {}): Promise<LanguageServer> {
    const server = new LanguageServer(settings);
    const uri = pathToFileURL(folder).href;
    const capabilities = {
      workspace: { configuration: true },
      textDocument: {
        completion: { completionItem: { documentationFormat: ['markdown'] } },
        hover: { contentFormat: ['markdown'] },
      },
    };
    const workspaceFolders = [{ uri, name: 'accounts' }];
    await server.#ask('initialize', { processId: process.pid, rootUri: uri, workspaceFolders, capabilities });
    const configured = new Promise<void>((resolve) => {
      server.#configured = resolve;
    });
    server.#tell('initialized', {});
    server.#tell('workspace/didChangeConfiguration', { settings: { yaml: settings } });
    await configured;
    return server;
  }

  /** Opens a text as an editor does. */
  open(file: string, text: string): OpenFile {
    const uri = pathToFileURL(file).href;
    const problems = new Promise<readonly Diagnostic[]>((resolve) => this.#problems.set(uri, resolve));
    this.#tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    const at = (position: Position) => ({ textDocument: { uri }, position });
    return {
      complete: async (position) => {
        const found = (await this.#ask('textDocument/completion', at(position))) as { items: readonly Completion[] };
        return found.items.map(({ label }) => label);
      },
      hover: async (position) => {
        const found = (await this.#ask('textDocument/hover', at(position))) as Hover | null;
        return found?.contents.value ?? '';
      },
      problems: async () => (await problems).map(({ message, range }) => `${range.start.line + 1}: ${message}`),
    };
  }

  stop(): void {
    this.#child.kill();
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#last;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(error.message)),
      );
    });
    this.#write({ id, method, params });
    return answer;
  }

  #tell(method: string, params: object): void {
    this.#write({ method, params });
  }

  #write(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const [header, length] = HEADER.exec(this.#received.toString('latin1')) ?? [];
      if (header === undefined || length === undefined) return;
      const end = header.length + Number(length);
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.toString('utf8', header.length, end)) as Message;
      this.#received = this.#received.subarray(end);
      this.#take(message);
    }
  }

  #take(message: Message): void {
    const { id, method, params } = message;
    if (method === undefined) {
      this.#answers.get(id ?? 0)?.(message);
    } else if (method === 'textDocument/publishDiagnostics') {
      this.#problems.get(params?.uri ?? '')?.(params?.diagnostics ?? []);
    } else if (id !== undefined) {
      // It asks for the settings of "yaml" and of other sections, of which there are none.
      const result =
        method === 'workspace/configuration'
          ? (params?.items ?? []).map((_, index) => (index === 0 ? this.#settings : {}))
          : null;
      this.#write({ id, result });
      if (method === 'workspace/configuration') this.#configured();
    }
  }
}

export interface OpenFile {
  /** What may stand at a place, first line 0. */
  complete(at: Position): Promise<string[]>;
  /** What is said of a place, as Markdown. */
  hover(at: Position): Promise<string>;
  /** What is wrong, each with its line, from 1 on. */
  problems(): Promise<string[]>;
}
