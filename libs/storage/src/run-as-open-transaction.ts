import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { StorageError } from './storage-error.js';

interface OpenTransaction {
  readonly domain: string;
  open: boolean;
}

const current = new AsyncLocalStorage<OpenTransaction>();

/** What `ports` announces before each call. With the channel, neither library needs to import the other. */
interface PortCall {
  readonly operation: string;
  objection?: Error;
}

// A port call would hold the connection of the transaction while the other domain waits for one: with few connections
// that is a deadlock.
subscribe('app:port-call', (message) => {
  const transaction = current.getStore();
  if (!transaction?.open) return;
  const call = message as PortCall;
  call.objection = new StorageError(
    'storage_misused',
    `${call.operation} was called inside a transaction of ${transaction.domain}: ` +
      'call the port before the transaction begins or after it has ended.',
  );
});

/** Runs `work` as the one open transaction of this asynchronous flow. */
export async function runAsOpenTransaction<Result>(domain: string, work: () => Promise<Result>): Promise<Result> {
  const outer = current.getStore();
  if (outer?.open) {
    throw new StorageError(
      'storage_misused',
      `A transaction of ${domain} was begun inside one of ${outer.domain}: pass the outer transaction on.`,
    );
  }
  const transaction = { domain, open: true };
  try {
    return await current.run(transaction, work);
  } finally {
    transaction.open = false; // work that outlives the transaction may call ports again
  }
}
