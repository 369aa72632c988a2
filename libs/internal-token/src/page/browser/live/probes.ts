/** First segments of paths that machines ask for every few seconds: whether a process lives, and its counters. */
const PATHS = new Set(['health', 'healthz', 'livez', 'readyz', 'metrics']);

/** What an orchestrator or a collector asks; among requests of people it is noise. */
export function isProbe({ op }: { readonly op: string }): boolean {
  const [, segment = ''] = /^(?:GET|HEAD) \/([a-z]+)(?:\/[a-z]+)?$/.exec(op) ?? [];
  return PATHS.has(segment);
}
