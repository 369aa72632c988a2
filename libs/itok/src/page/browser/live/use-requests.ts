import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestSummary } from '../../../trace/index.js';
import { follow } from './live-client.js';

/** Most requests in the list; older ones are removed. */
const KEPT = 500;
const NONE: readonly RequestSummary[] = [];

export interface LiveRequests {
  /** Newest first. */
  readonly requests: readonly RequestSummary[];
  /** The first answer has arrived. */
  readonly loaded: boolean;
  readonly connected: boolean;
  readonly paused: boolean;
  /** How many requests have arrived since the list was paused. */
  readonly waiting: number;
  readonly pause: (paused: boolean) => void;
}

/** Requests as they come. While paused they are collected but not shown. */
export function useRequests(): LiveRequests {
  const [all, setAll] = useState<readonly RequestSummary[]>();
  const [held, setHeld] = useState<readonly RequestSummary[]>();
  const [connected, setConnected] = useState(false);
  const known = all ?? NONE;
  const latest = useRef(known);
  latest.current = known;
  useEffect(
    () =>
      follow({
        all: (requests) => setAll(requests.toReversed().slice(0, KEPT)),
        ended: (request) =>
          setAll((others = NONE) => [request, ...others.filter(({ txn }) => txn !== request.txn)].slice(0, KEPT)),
        connected: setConnected,
      }),
    [],
  );
  const newest = held?.[0];
  const place = newest === undefined ? known.length : known.findIndex(({ txn }) => txn === newest.txn);
  return {
    requests: held ?? known,
    loaded: all !== undefined,
    connected,
    paused: held !== undefined,
    waiting: held === undefined ? 0 : place < 0 ? known.length : place,
    pause: (paused) => setHeld(paused ? latest.current : undefined),
  };
}
