import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { WORKSPACE, workspaceFiles } from '../support/workspace-files.js';

const read = (path: string): string => readFileSync(join(WORKSPACE, path), 'utf8');

/** Blocks and code spans are not prose: they hold neither headings nor links. */
const prose = (markdown: string): string => markdown.replace(/^(`{3,}).*?^\1/gms, '').replace(/`[^`\n]*`/g, '');

/** The anchors GitHub gives the headings of a page. */
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

describe('documents', () => {
  const pages = workspaceFiles().filter((path) => path.endsWith('.md'));

  it('link only to files and headings that exist', () => {
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

  it('R154: names the one draft that the whole repository refers to', () => {
    const drafts = workspaceFiles()
      .filter((path) => /\.(?:ts|md|json)$/.test(path))
      .flatMap((path) => read(path).match(/draft-ietf-oauth-transaction-tokens-\d+/g) ?? []);
    const [named] = profile.match(/draft-ietf-oauth-transaction-tokens-\d+/) ?? [];
    expect([...new Set(drafts)]).toEqual([named]);
  });

  it('R154: backs each deviation with proven rules and their numbers', () => {
    expect(items(deviations).length).toBeGreaterThan(3);
    for (const item of items(deviations)) {
      const said = cited(item).map((id) => rules.get(id));
      expect([item, said]).toEqual([item, said.filter((rule) => rule !== undefined && rule.later === undefined)]);
      expect(said).not.toEqual([]);
      const text = said.map((rule) => rule?.says).join(' ');
      for (const number of item.match(/\b(?<!R)\d+\b/g) ?? []) expect(text).toContain(number);
    }
  });

  it('R154: lists exactly the rules that are not built yet', () => {
    const later = [...rules.values()].filter((rule) => rule.later !== undefined).map(({ id }) => id);
    expect(cited(uncovered).toSorted()).toEqual(later.toSorted());
  });
});

describe('names that the standard has dropped', () => {
  /** Claims, type and header of older drafts. They may appear in attacks and where client headers are removed. */
  const DEAD = /\b(?:purp|azd)\b|(?<!token-type:)\btxn_token\b|\bTransaction-Token\b/;
  const AS_ATTACK = [
    /^test\/security\//,
    /^test\/vectors\//,
    /^scripts\/make-vectors\.mjs$/,
    /^test\/architecture\/documents\.spec\.ts$/,
  ];
  const files = workspaceFiles().filter((path) => /\.(?:ts|m?js|json|md|svg|ya?ml)$/.test(path));

  it('are not used anywhere', () => {
    expect(files.length).toBeGreaterThan(200);
    const users = files.filter((path) => !AS_ATTACK.some((place) => place.test(path)) && DEAD.test(read(path)));
    expect(users).toEqual([]);
  });

  it('would be found by this test', () => {
    expect(files.filter((path) => DEAD.test(read(path)))).toContain('test/security/type-confusion.spec.ts');
  });
});
