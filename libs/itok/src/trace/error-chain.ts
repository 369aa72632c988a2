import { isFailed, isUnhappy, type Span, walk } from './span.js';

/**
 * The chain from the outermost failed span to where the failure began: in each span the failed or refused child that
 * ended last, because its failure is the one passed on. Failures that were handled on the way also form chains; the
 * chain of a failed request comes first.
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
