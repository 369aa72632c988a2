import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { WORKSPACE, workspaceFiles } from '../support/workspace-files.js';

const read = (path: string): string => readFileSync(join(WORKSPACE, path), 'utf8');

/** Blocks and code spans are no prose: what stands in them is neither a heading nor a link. */
const prose = (markdown: string): string => markdown.replace(/^(`{3,}).*?^\1/gms, '').replace(/`[^`\n]*`/g, '');

/** The fragments under which GitHub shows the headings of a page. */
const anchors = (markdown: string): Set<string> =>
  new Set(
    [...markdown.replace(/^(`{3,}).*?^\1/gms, '').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );

const deadLinks = (page: string): string[] =>
  [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)|(?:src|href|srcset)="([^"]+)"/g)].flatMap(([, target, attribute]) => {
    const link = target ?? attribute ?? '';
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', fragment] = link.split('#');
    const file = path === '' ? join(WORKSPACE, page) : resolve(WORKSPACE, dirname(page), path);
    if (!existsSync(file)) return [`${page}: ${link}`];
    if (fragment === undefined || !file.endsWith('.md')) return [];
    return anchors(readFileSync(file, 'utf8')).has(fragment) ? [] : [`${page}: ${link}`];
  });

describe('the documents', () => {
  const pages = workspaceFiles().filter((path) => path.endsWith('.md'));

  it('link to files and headings that are there', () => {
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.flatMap(deadLinks)).toEqual([]);
  });
});

describe('the profile in the README', () => {
  interface Rule {
    readonly id: string;
    readonly says: string;
    readonly later?: string;
  }
  const { areas } = JSON.parse(read('docs/conformance.rules.json')) as { areas: readonly { rules: readonly Rule[] }[] };
  const rules = new Map(areas.flatMap(({ rules: those }) => those.map((rule) => [rule.id, rule] as const)));
  const profile = /^## Profile$(.*?)^## /ms.exec(read('README.md'))?.[1] ?? '';
  const [deviations = '', uncovered = ''] = profile.split(/^Not covered:$/m);
  const items = (text: string): string[] => text.split(/^- /m).slice(1);
  /** `(R1, R3–R5)` is R1, R3, R4 and R5. */
  const cited = (text: string): string[] =>
    [...text.matchAll(/\bR(\d+)(?:–R(\d+))?/g)].flatMap(([, first, last = first]) =>
      Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => `R${Number(first) + index}`),
    );

  it('R154: is of the one draft that this repository speaks of', () => {
    const drafts = workspaceFiles()
      .filter((path) => /\.(?:ts|md|json)$/.test(path))
      .flatMap((path) => read(path).match(/draft-ietf-oauth-transaction-tokens-\d+/g) ?? []);
    const [named] = profile.match(/draft-ietf-oauth-transaction-tokens-\d+/) ?? [];
    expect([...new Set(drafts)]).toEqual([named]);
  });

  it('R154: gives each deviation with rules that are proven and say its numbers', () => {
    expect(items(deviations).length).toBeGreaterThan(3);
    for (const item of items(deviations)) {
      const said = cited(item).map((id) => rules.get(id));
      expect([item, said]).toEqual([item, said.filter((rule) => rule !== undefined && rule.later === undefined)]);
      expect(said).not.toEqual([]);
      const text = said.map((rule) => rule?.says).join(' ');
      for (const number of item.match(/\b(?<!R)\d+\b/g) ?? []) expect(text).toContain(number);
    }
  });

  it('R154: names every rule that is not built yet, and no other as such', () => {
    const later = [...rules.values()].filter((rule) => rule.later !== undefined).map(({ id }) => id);
    expect(cited(uncovered).toSorted()).toEqual(later.toSorted());
  });
});

describe('names that the standard has given up', () => {
  /** Older drafts' claims, type and header field. They may appear as attacks and where outsiders' fields are removed. */
  const DEAD = /\b(?:purp|azd)\b|(?<!token-type:)\btxn_token\b|\bTransaction-Token\b/;
  const AS_ATTACK = [
    /^test\/security\//,
    /^test\/vectors\//,
    /^scripts\/make-vectors\.mjs$/,
    /^test\/architecture\/documents\.spec\.ts$/,
  ];
  const files = workspaceFiles().filter((path) => /\.(?:ts|m?js|json|md|svg|ya?ml)$/.test(path));

  it('are used nowhere', () => {
    expect(files.length).toBeGreaterThan(200);
    const users = files.filter((path) => !AS_ATTACK.some((place) => place.test(path)) && DEAD.test(read(path)));
    expect(users).toEqual([]);
  });

  it('would be found', () => {
    expect(files.filter((path) => DEAD.test(read(path)))).toContain('test/security/type-confusion.spec.ts');
  });
});
