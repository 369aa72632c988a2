// Writes the pages under docs that a benchmark generates.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** @param path relative to the root of the workspace */
export async function writePage(path, markdown) {
  const options = await resolveConfig(root(path));
  writeFileSync(root(path), await format(markdown, { ...options, parser: 'markdown', proseWrap: 'always' }));
}

export function machine() {
  const cores = cpus();
  const models = new Set(cores.map(({ model }) => model.trim()));
  return `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cores.length} cores (${[...models].join(', ')})`;
}

/** The version of an installed package. */
export const versionOf = (name) => JSON.parse(readFileSync(root(`node_modules/${name}/package.json`), 'utf8')).version;
