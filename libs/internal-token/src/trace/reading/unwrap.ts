import { isObject, type Members } from './members.js';

/** Under which name somebody hands on the lines of others: docker and fluentd, `journalctl -o json`, `logcli -o jsonl`. */
const WRAPPERS = ['log', 'MESSAGE', 'line'] as const;

/**
 * The object that a line of text holds: from the first brace on, since `kubectl logs --prefix`, `docker compose logs`,
 * container runtimes and syslog put a beginning of their own before it; out of the objects in which others hand it on.
 */
export function objectIn(text: string): Members | undefined {
  const outer = parse(text);
  if (outer === undefined) return undefined;
  for (const name of WRAPPERS) {
    const inner = outer[name];
    if (typeof inner === 'string' && outer['txn'] === undefined && outer['trace_id'] === undefined) return parse(inner);
  }
  return outer;
}

function parse(text: string): Members | undefined {
  const start = text.indexOf('{');
  if (start < 0) return undefined;
  try {
    const value: unknown = JSON.parse(start === 0 ? text : text.slice(start));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
