import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

import type { Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';

import { authenticate } from './accounts.js';
import { errorPage } from './error-page.js';
import { homePage } from './home-page.js';
import { loginPage } from './login-page.js';
import { pageHeaders } from './page-layout.js';
import { interactionPath } from './provider-configuration.js';

const MAXIMUM_FORM_BYTES = 4096;
const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Serves our two pages; the provider serves everything else. */
export function requestHandler(provider: Provider): RequestListener {
  const protocol = provider.callback();

  return (request, response) => {
    const pathname = URL.parse(request.url ?? '/', provider.issuer)?.pathname;
    if (pathname === undefined) {
      send(response, 400, errorPage('invalid_request', 'The address cannot be read.'));
    } else if (!isAddressedToLoopback(request)) {
      // DNS rebinding: a page whose host name resolves to this machine gets nothing.
      send(response, 421, errorPage('misdirected_request', `This provider answers at ${provider.issuer} only.`));
    } else if (pathname === '/') {
      send(response, 200, homePage(provider.issuer));
    } else if (pathname.startsWith(interactionPath(''))) {
      interact(provider, request, response).catch((error: unknown) => refuse(response, error));
    } else {
      void protocol(request, response);
    }
  };
}

async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response);
  const view = async (login: string, refused: boolean): Promise<void> => {
    const client = await provider.Client.find(text(params['client_id']));
    const clientName = client?.clientName ?? 'the application';
    const body = loginPage({ action: interactionPath(uid), clientName, login, refused });
    send(response, refused ? 403 : 200, body, [formTarget(text(params['redirect_uri']))]);
  };

  if (request.method !== 'POST') return view(text(params['login_hint']), false);

  const form = await readForm(request);
  if (form.has('cancel')) {
    const result = { error: 'access_denied', error_description: 'The sign-in was cancelled' };
    return provider.interactionFinished(request, response, result);
  }
  const login = form.get('login') ?? '';
  const account = authenticate(login, form.get('password') ?? '');
  if (!account) return view(login, true);
  return provider.interactionFinished(request, response, { login: { accountId: account.subject, amr: ['pwd'] } });
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let form = '';
  for await (const chunk of request) {
    form += String(chunk);
    if (form.length > MAXIMUM_FORM_BYTES) throw new errors.InvalidRequest('The form is too large');
  }
  return new URLSearchParams(form);
}

function text(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  if (error instanceof errors.OIDCProviderError) {
    send(response, error.statusCode, errorPage(error.error, error.error_description));
  } else {
    send(response, 500, errorPage('server_error', error instanceof Error ? error.message : undefined));
  }
}

function send(response: ServerResponse, status: number, body: string, formTargets: readonly string[] = []): void {
  response.writeHead(status, pageHeaders(formTargets)).end(body);
}

/** The origin of a web address, or the scheme of an application's own address. */
function formTarget(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
}

function isAddressedToLoopback({ headers: { host = '' } }: IncomingMessage): boolean {
  return LOOPBACK_NAMES.has(host.replace(/:\d+$/, '').toLowerCase());
}
