/** Which folder of src/ may import which. There are no circles. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/** The folders on top may import every folder but these. `cli` and `library` stand side by side on `engine`. */
const MAY_NOT_IMPORT: Readonly<Record<string, readonly string[]>> = {
  commands: ['library'],
  cli: ['commands', 'library'],
  library: ['commands', 'cli', 'completion'],
};
const ABOVE = Object.keys(MAY_NOT_IMPORT);
/** Files outside of the folders: the program, and the library's exports. */
const TOP_FILES = [
  ...['src/command-line.ts', 'src/library.ts', 'src/main.ts'],
  ...['src/program.ts', 'src/sandbox-commands.ts', 'src/state-commands.ts', 'src/version.ts'],
];
/** Every other folder, and the folders that it may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  completion: [],
  // The use cases know no terminal, and nothing of who runs them.
  engine: [
    ...['model', 'files', 'yaml', 'config', 'motherduck', 'secrets', 'state', 'live'],
    ...['plan', 'wording', 'audit', 'import', 'report', 'smoke', 'apply', 'sandbox'],
  ],
  files: ['model'],
  yaml: ['model'],
  config: ['model', 'files', 'yaml', 'secrets', 'state'],
  motherduck: ['model'],
  // A kind of store is one file, so it also says how its block of the configuration is read and checked.
  secrets: ['model', 'files', 'yaml'],
  // As a kind of store, a kind of state says how its block of the configuration is read.
  state: ['model', 'files', 'yaml', 'motherduck'],
  live: ['model', 'motherduck'],
  plan: ['model'],
  wording: ['model', 'plan'],
  audit: ['model', 'plan', 'wording'],
  import: ['model', 'yaml'],
  report: ['model', 'yaml', 'plan', 'wording', 'apply'],
  smoke: ['model', 'motherduck'],
  apply: ['model', 'motherduck', 'plan', 'wording', 'secrets'],
  sandbox: ['model', 'files', 'yaml', 'motherduck'],
};

/** Pure folders: no files, no network, no clock. */
const PURE = ['plan', 'wording', 'audit', 'import', 'report', 'model'];
const PURE_MODULES = ['node:crypto', 'node:util', 'diff', 'string-width', 'wrap-ansi', 'yaml'];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => `src/${file.replaceAll(path.sep, '/')}`);

/** The text of a file without its comments, which may show how a program prints. */
const codeOf = (file: string) => readFileSync(file, 'utf8').replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, '');

function importsOf(file: string): Import[] {
  const found = codeOf(file).matchAll(
    /^(?:import|export)\s+[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gm,
  );
  return [...found].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? '';
    const to = target.startsWith('.') ? path.posix.join(path.posix.dirname(file), target) : target;
    return { from: file, to };
  });
}

const imports = files.flatMap(importsOf);
const folderOf = (file: string) => /^src\/([^/]+)\//.exec(file)?.[1];

describe('the folders of src/', () => {
  it('are all known', () => {
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== undefined));
    expect([...folders].sort()).toEqual([...Object.keys(MAY_IMPORT), ...ABOVE].sort());
  });

  it('are all there is, beside the files where programs enter', () => {
    expect(files.filter((file) => folderOf(file) === undefined).sort()).toEqual(TOP_FILES);
  });

  it('on top import nothing of those beside them', () => {
    const broken = imports.filter(({ from, to }) => MAY_NOT_IMPORT[folderOf(from) ?? '']?.includes(folderOf(to) ?? ''));
    expect(broken.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('are reached from other programs by the library, which nothing here uses', () => {
    const users = imports.filter(({ from, to }) => folderOf(to) === 'library' && folderOf(from) !== 'library');
    expect(users.map(({ from }) => from).filter((from) => from !== 'src/library.ts')).toEqual([]);
  });

  it('below the commands and cli know no terminal and no exit code', () => {
    const looks = files.filter(
      (file) =>
        ['engine', 'library'].includes(folderOf(file) ?? '') &&
        /process\.(stdout|stderr|stdin|exit|exitCode|on|once)\b|console\./.test(codeOf(file)),
    );
    expect(looks).toEqual([]);
  });

  it('import only the folders they may', () => {
    const broken = imports.filter(({ from, to }) => {
      const [folder, target] = [folderOf(from), folderOf(to)];
      if (folder === undefined || ABOVE.includes(folder) || target === undefined || target === folder) return false;
      return !MAY_IMPORT[folder]?.includes(target);
    });
    expect(broken.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('that are pure import nothing of Node that reaches outside', () => {
    const broken = imports.filter(({ from, to }) => {
      const folder = folderOf(from) ?? '';
      return PURE.includes(folder) && !to.startsWith('src/') && !PURE_MODULES.includes(to);
    });
    expect(broken.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('that are pure look at no clock', () => {
    const looks = files.filter(
      (file) =>
        PURE.includes(folderOf(file) ?? '') &&
        /Date\.now\(\)|new Date\(\)|performance\./.test(readFileSync(file, 'utf8')),
    );
    expect(looks).toEqual([]);
  });

  it('have no circles', () => {
    const next = new Map(files.map((file) => [file, imports.filter((each) => each.from === file).map(({ to }) => to)]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, way: readonly string[]) => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      if (done.has(file) || way.includes(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...way, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('export no function, constant or class that no other file names', () => {
    const texts = ['src', 'test', 'scripts']
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
      )
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((file) => ({
        file: file.replaceAll(path.sep, '/'),
        words: new Set(readFileSync(file, 'utf8').match(/\w+/g)),
      }));
    const exported = files.flatMap((file) =>
      [...codeOf(file).matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)].map(([, name = '']) => ({
        file,
        name,
      })),
    );
    const unused = exported.filter(
      ({ file, name }) => !texts.some((each) => each.file !== file && each.words.has(name)),
    );
    expect(unused.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });

  it('have no file of mixed helpers, and no index', () => {
    expect(files.filter((file) => /(utils?|helpers?|common|misc|index)\.ts$/.test(file))).toEqual([]);
  });
});

describe('src/README.md', () => {
  const text = readFileSync('src/README.md', 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` +\|[^|]+\|([^|]*)\|$/gm)].map(([, folder = '', imported = '']) => ({
    folder,
    imported: [...imported.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  }));

  it('has a line for every folder, with what it may import', () => {
    const told = rows.filter(({ folder }) => !ABOVE.includes(folder)).map(({ folder, imported }) => [folder, imported]);
    expect(rows.map(({ folder }) => folder).sort()).toEqual([...Object.keys(MAY_IMPORT), ...ABOVE].sort());
    expect(Object.fromEntries(told)).toEqual(MAY_IMPORT);
    const forbidden = rows
      .filter(({ folder }) => ABOVE.includes(folder))
      .map(({ folder, imported }) => [folder, imported]);
    expect(Object.fromEntries(forbidden)).toEqual(MAY_NOT_IMPORT);
  });

  it('draws who calls whom, without model and files, which nearly every folder calls', () => {
    const drawn = [...text.matchAll(/^ {2}(\w+) -\.-> (.*)$/gm)].map(([, folder, called = '']) => [
      folder,
      called.split(' & '),
    ]);
    const below = Object.entries(MAY_IMPORT).map(([folder, may]) => [
      folder,
      may.filter((one) => !/model|files/.test(one)),
    ]);
    // Of the folders on top, the picture shows what they call of one another and of the engine.
    const top = [...ABOVE, 'engine'];
    const above = ABOVE.map((folder) => {
      const targets = imports.filter(({ from }) => folderOf(from) === folder).map(({ to }) => folderOf(to) ?? '');
      return [folder, top.filter((one) => one !== folder && targets.includes(one))];
    });
    const calls = [...above, ...below].filter(([, called = []]) => called.length > 0);
    expect(Object.fromEntries(drawn)).toEqual(Object.fromEntries(calls));
  });
});
