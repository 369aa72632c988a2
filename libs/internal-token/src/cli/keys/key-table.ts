import type { SigningKeyInfo } from '../../gateway/key-ring/index.js';
import type { Paper } from '../terminal.js';

const HEAD = ['key', 'state', 'algorithm', 'published', 'signs from', 'retired'];

export function printKeys(keys: readonly SigningKeyInfo[], paper: Paper): void {
  const { pen } = paper;
  const colours = { active: pen.green, published: pen.cyan, retiring: pen.yellow, retired: pen.dim };
  const time = (at: number | undefined): string => (at === undefined ? '' : paper.time(at));
  const rows = keys.map(({ keyId, state, algorithm, publishedAt, activateAt, retiredAt }) => [
    keyId,
    state,
    algorithm,
    time(publishedAt),
    time(activateAt),
    time(retiredAt),
  ]);
  paper.table(HEAD, rows, (row) => colours[keys[row]?.state ?? 'retired']);
}

export const keysAsJson = (keys: readonly SigningKeyInfo[]): object[] =>
  keys.map(({ publishedAt, activateAt, retiredAt, ...key }) => ({
    ...key,
    ...(publishedAt !== undefined && { publishedAt: new Date(publishedAt) }),
    ...(activateAt !== undefined && { activateAt: new Date(activateAt) }),
    ...(retiredAt !== undefined && { retiredAt: new Date(retiredAt) }),
  }));
