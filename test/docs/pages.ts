/** The pages that people read: README.md and docs/. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../in-process.ts';

/** README.md and each page of docs/, relative to the repository. */
export function pages(): string[] {
  const names = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.map((name) => `docs/${name}`)];
}

/** The ids that GitHub gives to the headings of a page. */
export function anchorsOf(text: string): string[] {
  const headings = withoutFences(text).matchAll(/^#{1,6} +(.+)$/gm);
  const seen = new Map<string, number>();
  return [...headings].map(([, heading = '']) => {
    const id = heading
      .replace(/\]\([^)]*\)/g, ']')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = seen.get(id) ?? 0;
    seen.set(id, count + 1);
    return count === 0 ? id : `${id}-${count}`;
  });
}

/** The targets of a page's links and pictures. */
export function linksOf(text: string): string[] {
  const prose = withoutFences(text);
  const found = [
    ...prose.matchAll(/\]\(([^)\s]+)\)/g),
    ...prose.matchAll(/(?:href|src|srcset)="([^"]+)"/g),
    ...prose.matchAll(/^\[[^\]]+\]: +(\S+)/gm),
  ];
  return found.map(([, target = '']) => target);
}

function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}
