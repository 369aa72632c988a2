import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { isLoopbackAuthority } from './loopback.js';

/** Fields by which a proxy or a tunnel tells that somebody else asks. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * Why a request may not see the page; undefined if it may. The page shows logs, so it is for whoever sits at this
 * machine: not for a web page that this person has open, nor for a name that its owner lets point here.
 */
export function refuseDevPage(request: IncomingMessage): string | undefined {
  const { headers, headersDistinct } = request;
  const { host: hosts = [] } = headersDistinct;
  const [host = ''] = hosts;
  if (hosts.length !== 1 || !isLoopbackAuthority(host)) {
    return 'Ask for it as localhost or 127.0.0.1: under another name this page is not shown.';
  }
  if (FORWARDED.some((name) => headers[name] !== undefined)) {
    return 'The request came through a proxy, and the page is for this machine alone.';
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
