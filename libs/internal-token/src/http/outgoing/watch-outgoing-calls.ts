import { Logger } from '@nestjs/common';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { onNodeAnswer, onNodeFailure, onNodeRequest } from './node-client-listeners.js';
import { type Propagation, register, unregister } from './outgoing-registry.js';
import { onUndiciAnswer, onUndiciEnd, onUndiciFailure, onUndiciHead, onUndiciRequest } from './undici-listeners.js';

const logger = new Logger('InternalTokenHttp');

/** The channels on which HTTP/1.1 clients announce their requests: node:http(s) and every undici, that of fetch too. */
const channels = new Map<string, (message: unknown) => void>([
  ['http.client.request.created', contained(onNodeRequest)],
  ['http.client.response.finish', contained(onNodeAnswer)],
  ['http.client.request.error', contained(onNodeFailure)],
  ['undici:request:create', contained(onUndiciRequest)],
  ['undici:client:sendHeaders', contained(onUndiciHead)],
  ['undici:request:headers', contained(onUndiciAnswer)],
  ['undici:request:trailers', contained(onUndiciEnd)],
  ['undici:request:error', contained(onUndiciFailure)],
]);

/** Starts deciding on the calls of this application. Returns the function that stops it. */
export function watchOutgoingCalls(propagation: Propagation): () => void {
  if (register(propagation)) for (const [name, listener] of channels) subscribe(name, listener);
  return () => {
    if (unregister(propagation)) for (const [name, listener] of channels) unsubscribe(name, listener);
  };
}

/** Catches what a listener throws: thrown inside a channel, it would end the process and not just the request. */
function contained<Message>(listener: (message: Message) => void): (message: unknown) => void {
  return (message) => {
    try {
      listener(message as Message);
    } catch (error) {
      logger.error('An outgoing call could not be inspected', error instanceof Error ? error.stack : String(error));
    }
  };
}
