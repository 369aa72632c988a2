// Adds up a CPU profile (V8's .cpuprofile) by function and by room.

/** Where a function is from: a room of ours, a package, a module of Node, or what V8 calls by a name in brackets. */
function roomOf({ functionName, url }) {
  const ours = /\/dist\/packages\/internal-token\/dist\/(?:(\w[\w-]*)\/)?/.exec(url);
  if (ours) return `ours: ${ours[1] ?? 'index'}`;
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (installed) return installed;
  const [, builtIn] = /^node:(?:internal\/)?([^/]+)/.exec(url) ?? [];
  if (builtIn) return `node:${builtIn.replace(/^_(http|stream|tls).*/, '$1')}`;
  if (url === '' && functionName.startsWith('(')) return functionName;
  return url === '' ? undefined : 'the bench';
}

/**
 * Native functions have no file and count as part of whoever calls them.
 *
 * @returns shares of the busy time, the largest first: `functions` by their own time; `rooms` by their own time and by
 *   `total`, which includes what they call
 */
export function timesOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const stacks = new Map();
  const stackOf = (id) => {
    if (!stacks.has(id)) {
      const above = parents.has(id) ? stackOf(parents.get(id)) : { room: '(root)', rooms: new Set() };
      const room = roomOf(byId.get(id).callFrame) ?? above.room;
      stacks.set(id, { room, rooms: new Set([...above.rooms, room]) });
    }
    return stacks.get(id);
  };

  const functions = new Map();
  const rooms = new Map();
  const entry = (map, key, more) => map.get(key) ?? map.set(key, { name: key, own: 0, total: 0, ...more }).get(key);
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const { callFrame } = byId.get(id);
    // The inspector takes time at the end, to write the profile.
    if (callFrame.functionName === '(idle)' || callFrame.url === 'node:inspector') continue;
    const time = Math.max(0, timeDeltas[index]);
    const { room, rooms: around } = stackOf(id);
    busy += time;
    entry(functions, nameOf(callFrame), { room }).own += time;
    entry(rooms, room).own += time;
    for (const each of around) entry(rooms, each).total += time;
  }
  const shares = (map) =>
    [...map.values()]
      .map(({ own, total, ...more }) => ({ ...more, own: own / busy, total: total / busy }))
      .toSorted((a, b) => b.own - a.own);
  return { functions: shares(functions), rooms: shares(rooms).filter(({ name }) => name !== '(root)') };
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const path = url.replace(/^.*\/(?:node_modules|internal-token\/dist|bench\/requests)\//, '');
  return `${name}  ${path}:${lineNumber + 1}`;
}
