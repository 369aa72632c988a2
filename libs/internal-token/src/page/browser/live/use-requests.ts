import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestSummary } from '../../../trace/index.js';
import { follow } from './live.client.js';

/** Older ones leave the list. */
const KEPT = 500;

export interface LiveRequests {
  /** Newest first. */
  readonly requests: readonly RequestSummary[];
  readonly connected: boolean;
  readonly paused: boolean;
  /** How many have come since the list stands still. */
  readonly waiting: number;
  readonly pause: (paused: boolean) => void;
}

/** Requests as they come. While paused they are collected and not shown. */
export function useRequests(): LiveRequests {
  const [all, setAll] = useState<readonly RequestSummary[]>([]);
  const [held, setHeld] = useState<readonly RequestSummary[]>();
  const [connected, setConnected] = useState(false);
  const latest = useRef(all);
  latest.current = all;
  useEffect(
    () =>
      follow({
        all: (requests) => setAll(requests.toReversed().slice(0, KEPT)),
        ended: (request) =>
          setAll((known) => [request, ...known.filter(({ txn }) => txn !== request.txn)].slice(0, KEPT)),
        connected: setConnected,
      }),
    [],
  );
  const newest = held?.[0];
  const place = newest === undefined ? all.length : all.findIndex(({ txn }) => txn === newest.txn);
  return {
    requests: held ?? all,
    connected,
    paused: held !== undefined,
    waiting: held === undefined ? 0 : place < 0 ? all.length : place,
    pause: (paused) => setHeld(paused ? latest.current : undefined),
  };
}
