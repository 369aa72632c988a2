import { isObject, type Members } from './members.js';

/** Members under which others pass on lines: docker and fluentd, `journalctl -o json`, `logcli -o jsonl`. */
const WRAPPERS = ['log', 'MESSAGE', 'line'] as const;

/**
 * The object in a line of text: starts at the first brace, because `kubectl logs --prefix`, `docker compose logs`,
 * container runtimes and syslog add a prefix; unwraps objects that others pass it on in.
 */
export function unwrap(text: string): Members | undefined {
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
