// What the figures of the library's own targets may be: the ratio to another target of the same part, as a median of
// rounds. Exceeding a `gate` fails the run; a `goal` is what comes next.

export const GATES = [
  { part: 'gateway', to: 'peer', gate: 1, goal: 0.85 },
  { part: 'gateway', to: 'limit', goal: 1.25 },
  { part: 'service', to: 'limit', gate: 1.5, goal: 1.25 },
  { part: 'hop', to: 'limit', goal: 1.35 },
  { part: 'upload', to: 'floor', goal: 1.5 },
  { part: 'download', to: 'floor', goal: 1.2 },
  { part: 'memory of the gateway', to: 'peer', goal: 1.5 },
  { part: 'memory of the service', to: 'peer', goal: 1.5 },
];
