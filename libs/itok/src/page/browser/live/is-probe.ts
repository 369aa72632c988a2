/** First path segments of requests that machines make every few seconds: health probes and metrics. */
const PATHS = new Set(['health', 'healthz', 'livez', 'readyz', 'metrics']);

/** A request from an orchestrator or a metrics collector: noise among the requests of people. */
export function isProbe({ op }: { readonly op: string }): boolean {
  const [, segment = ''] = /^(?:GET|HEAD) \/([a-z]+)(?:\/[a-z]+)?$/.exec(op) ?? [];
  return PATHS.has(segment);
}
