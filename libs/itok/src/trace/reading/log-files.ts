import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFailure, unreadable } from './trace-input-error.js';

/** Standard input, among paths. */
export const STDIN = '-';

/** `orders.log`, `orders.log.1`, `orders.log-20261126`, `orders.ndjson.gz` */
const LOG = /\.(?:log|ndjson|jsonl|json)(?<rotated>[.-]\d[\w.-]*)?(?<packed>\.gz|\.zst)?$/i;
/** Never searched. */
const NO_LOGS = new Set(['node_modules']);

export interface LogFile {
  readonly path: string;
  /** Equal for two names of one file. */
  readonly id: string;
  /** Bytes on disk; 0 for pipes. */
  readonly size: number;
  /** Nothing is added to it, judging by its name: it is compressed, or was found in a directory as a rotated log. */
  readonly closed: boolean;
  /** Whether the path was given by name, not found in a directory. */
  readonly named: boolean;
}

/**
 * Finds the files that paths stand for, each once, whatever links lead to it: named files, and in directories and their
 * subdirectories everything that looks like a log, except hidden files.
 *
 * @param onProblem called for what could not be read in a directory
 * @throws TraceInputError if a path does not exist
 */
export async function findLogFiles(
  paths: readonly string[],
  onProblem: (problem: string) => void,
): Promise<readonly LogFile[]> {
  const files = new Map<string, LogFile>();
  for (const path of paths.filter((each) => each !== STDIN)) {
    const facts = await stat(path, { bigint: true }).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (!facts.isDirectory()) add(files, path, facts, true);
    else {
      const found = new Map<string, LogFile>();
      await lookInto(path, facts, found, new Set(), onProblem);
      if (found.size === 0) {
        const what = `${path} holds no log. Names of logs end in .log, .ndjson, .jsonl or .json, rotated or compressed or not.`;
        onProblem(`${what} Name other files explicitly.`);
      }
      for (const [id, file] of found) if (!files.has(id)) files.set(id, file);
    }
  }
  return [...files.values()];
}

async function lookInto(
  directory: string,
  facts: BigIntStats,
  found: Map<string, LogFile>,
  visited: Set<string>,
  onProblem: (problem: string) => void,
): Promise<void> {
  // A link may lead to a parent directory.
  if (visited.has(idOf(facts))) return;
  visited.add(idOf(facts));
  const names = await readdir(directory).catch((error: unknown) => {
    onProblem(describeFailure(directory, error));
    return [];
  });
  for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
    if (name.startsWith('.') || NO_LOGS.has(name)) continue;
    const path = join(directory, name);
    try {
      const inner = await stat(path, { bigint: true });
      if (inner.isDirectory()) await lookInto(path, inner, found, visited, onProblem);
      else if (inner.isFile() && LOG.test(name)) add(found, path, inner, false);
    } catch (error) {
      // Broken links are not logs.
      if (LOG.test(name)) onProblem(describeFailure(path, error));
    }
  }
}

function add(files: Map<string, LogFile>, path: string, facts: BigIntStats, named: boolean): void {
  const id = idOf(facts);
  const { rotated, packed } = LOG.exec(path)?.groups ?? {};
  const closed = packed !== undefined || (rotated !== undefined && !named);
  if (!files.has(id)) files.set(id, { path, id, size: Number(facts.size), closed, named });
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
