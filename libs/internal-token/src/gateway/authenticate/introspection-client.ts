import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Logger } from '@nestjs/common';
import { claimOf, type JsonObject, type OptionPath, readSecretFile } from '../../core/index.js';
import { invalidToken, providerUnavailable } from './access-token-refusals.js';
import type { IntrospectionOptions } from './access-token-issuer.options.js';
import { type JsonAnswer, requestJson } from './json-request.js';

/** Asks an issuer about tokens that only it can read (RFC 7662). Caches nothing. */
export class IntrospectionClient {
  readonly #logger = new Logger(IntrospectionClient.name);
  readonly #agent: HttpAgent;
  readonly #closing = new AbortController();

  constructor(
    private readonly options: IntrospectionOptions,
    private readonly at: OptionPath,
  ) {
    const Agent = options.endpoint.startsWith('https:') ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 32 });
  }

  /** @throws InternalTokenError `configuration_invalid` if the secret cannot be read */
  async start(): Promise<void> {
    const at = this.at.member('clientSecretFile');
    const warn = (problem: string): void => this.#logger.warn(`${at.path}: ${problem}`);
    try {
      if ((await this.#secret(warn)) !== '') return;
    } catch (error) {
      throw at.refused(`names a file that is not accepted: ${reason(error)}`);
    }
    throw at.refused('names an empty file; put the client secret into it');
  }

  /**
   * Returns what the issuer says about an active access token; issuer, audience and times are not checked yet.
   * @throws InternalTokenError `access_token_invalid` unless `active` is exactly true, `identity_provider_unavailable`
   * if there is no usable answer
   */
  async lookUp(token: string): Promise<JsonObject> {
    const { status, body } = await this.#ask(token);
    if (body === undefined) throw providerUnavailable(`the introspection endpoint answered ${status}`);
    if (body['active'] !== true) throw invalidToken('the token is not active');
    const type = claimOf(body, 'token_type');
    if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) {
      throw invalidToken('the token is not a bearer token');
    }
    return body;
  }

  close(): void {
    this.#closing.abort();
    this.#agent.destroy();
  }

  async #ask(token: string): Promise<JsonAnswer> {
    const { endpoint, clientId } = this.options;
    try {
      const credentials = `${formEncode(clientId)}:${formEncode(await this.#secret())}`;
      return await requestJson({
        url: endpoint,
        form: `token=${formEncode(token)}&token_type_hint=access_token`,
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        agent: this.#agent,
        signal: this.#closing.signal,
      });
    } catch (error) {
      throw providerUnavailable(`introspection: ${reason(error)}`);
    }
  }

  async #secret(warn?: (problem: string) => void): Promise<string> {
    return (await readSecretFile(this.options.clientSecretFile, warn)).trim();
  }
}

/** `application/x-www-form-urlencoded`, which client_secret_basic applies before base64 (RFC 6749 section 2.3.1). */
function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

function reason(error: unknown): string {
  // The message of a file error contains a path; all other messages are our own.
  return isSystemError(error) ? `the client secret cannot be read (${error.code})` : (error as Error).message;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (error as NodeJS.ErrnoException).code !== undefined;
}
