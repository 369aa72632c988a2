import { channel } from 'node:diagnostics_channel';

const portCalls = channel('app:port-call');

/** Announces a call before it is made. A listener may object, as storage does inside a transaction. */
export function announceCall(operation: string): void {
  if (!portCalls.hasSubscribers) return;
  const call: { operation: string; objection?: Error } = { operation };
  portCalls.publish(call);
  if (call.objection) throw call.objection;
}
