import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { isLoopbackAuthority } from './loopback.js';

/** Fields that a proxy or a tunnel adds. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * Why a request may not see the page; undefined if it may. The page shows logs, so it is only for the person at this
 * machine, and not for other web pages in their browser or for domain names that point here (DNS rebinding).
 */
export function refuseDevPage(request: IncomingMessage): string | undefined {
  const { headers, headersDistinct } = request;
  const { host: hosts = [] } = headersDistinct;
  const [host = ''] = hosts;
  if (hosts.length !== 1 || !isLoopbackAuthority(host)) {
    return 'Open this page as localhost or 127.0.0.1; it is not shown under another name.';
  }
  if (FORWARDED.some((name) => headers[name] !== undefined)) {
    return 'The request came through a proxy. Open this page directly on this machine.';
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return 'Another site asks. Type the address of this page.';
  }
  const scheme = (request.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== `${scheme}://${host.toLowerCase()}`) {
    return 'Another site asks. Type the address of this page.';
  }
  return undefined;
}
