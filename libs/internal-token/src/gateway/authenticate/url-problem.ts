/** Says what is wrong with an address from configuration or metadata: https, or http on loopback if that is allowed. */
export function urlProblem(value: unknown, allowInsecureLoopback: boolean): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return 'is not an absolute URL';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'carries a user name or password';
  if (url.hash !== '') return 'carries a fragment';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'is not an https address';
  if (!isLoopback(url.hostname)) return 'is plain http';
  return allowInsecureLoopback ? undefined : 'is plain http, which is allowed on loopback during development only';
}

// WHATWG URL has already turned 127.1, 0x7f000001 and the like into four decimal parts.
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
