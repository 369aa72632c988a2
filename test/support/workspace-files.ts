import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const WORKSPACE = resolve(import.meta.dirname, '../..');

/** Generated or fetched, not written by people. */
const NOT_OURS = new Set(['.git', '.dev', 'node_modules', 'dist', 'coverage']);

/** Every file of the workspace that people wrote, by its path from the root. */
export function workspaceFiles(folder: string = WORKSPACE): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : workspaceFiles(path);
    return entry.isFile() && !entry.name.endsWith('-bundle.ts') ? [relative(WORKSPACE, path)] : [];
  });
}
