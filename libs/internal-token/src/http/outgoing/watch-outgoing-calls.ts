import { Logger } from '@nestjs/common';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { onNodeAnswer, onNodeFailure, onNodeRequest } from './node-client-listeners.js';
import { type Propagation, register, unregister } from './outgoing-registry.js';
import { onUndiciAnswer, onUndiciEnd, onUndiciFailure, onUndiciHead, onUndiciRequest } from './undici-listeners.js';

const logger = new Logger('InternalTokenHttp');

/** Every HTTP/1.1 client of Node announces its requests here: node:http(s), and each copy of undici, fetch's included. */
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

/** From now on the calls of this application are decided on. Returns the function that ends it. */
export function watchOutgoingCalls(propagation: Propagation): () => void {
  if (register(propagation)) for (const [name, listener] of channels) subscribe(name, listener);
  return () => {
    if (unregister(propagation)) for (const [name, listener] of channels) unsubscribe(name, listener);
  };
}

/** What is thrown inside of a channel ends the process, not the request. */
function contained<Message>(listener: (message: Message) => void): (message: unknown) => void {
  return (message) => {
    try {
      listener(message as Message);
    } catch (error) {
      logger.error('An outgoing call could not be looked at', error instanceof Error ? error.stack : String(error));
    }
  };
}
