import { isFailed, isUnhappy, type Span, walk } from './span.js';

/**
 * From the outermost span that failed to where it began: in each the unhappy child that ended last, for its failure is
 * the one that was passed on. A failure that somebody handled on the way is a chain as well; a failed request's own
 * comes first.
 */
export function errorChain(roots: readonly Span[]): Span[] {
  const all = [...walk(roots)].map(({ span }) => span);
  const [root] = roots;
  const begin = (root !== undefined && isUnhappy(root) ? root : undefined) ?? all.find(isFailed) ?? all.find(isUnhappy);
  const chain: Span[] = [];
  for (let span = begin; span !== undefined; span = lastUnhappy(span)) chain.push(span);
  return chain;
}

function lastUnhappy(parent: Span): Span | undefined {
  const unhappy = parent.children.filter(isUnhappy);
  const failed = unhappy.filter(isFailed);
  return (isFailed(parent) && failed.length > 0 ? failed : unhappy).toSorted((a, b) => b.end - a.end)[0];
}
