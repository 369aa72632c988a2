import type { AliasNode, CompiledQuery, OperationNode, RawNode, TableNode } from 'kysely';

/** The name of a statement in a log. Contains no user input. */
export interface StatementName {
  /** `select`, `insert`, … `other`. */
  readonly kind: string;
  /** The first table, by its name in the code; absent if that is not certain. */
  readonly table?: string;
}

type Statement = CompiledQuery['query'];

const KINDS: Partial<Record<Statement['kind'], string>> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
  MergeQueryNode: 'merge',
};

/** First words of PostgreSQL statements that make sense in a transaction. */
const KEYWORDS = new Set(
  (
    'select insert update delete merge with values table call lock set show savepoint release rollback ' +
    'notify listen copy explain refresh truncate'
  ).split(' '),
);

/** The kind and the table of a statement, from Kysely's syntax tree; for raw SQL only its first word. */
export function nameStatement(statement: Statement): StatementName {
  if (statement.kind === 'RawNode') return { kind: keywordOf((statement as RawNode).sqlFragments[0] ?? '') };
  const kind = KINDS[statement.kind] ?? 'other';
  const table = tableOf(subjectOf(statement));
  return table === undefined ? { kind } : { kind, table };
}

function keywordOf(sql: string): string {
  const word = /^\s*([a-z]{1,16})\b/i.exec(sql.slice(0, 128))?.[1]?.toLowerCase() ?? '';
  return KEYWORDS.has(word) ? word : 'other';
}

function subjectOf(statement: Statement): OperationNode | undefined {
  switch (statement.kind) {
    case 'SelectQueryNode':
    case 'DeleteQueryNode':
      return statement.from?.froms[0];
    case 'InsertQueryNode':
    case 'MergeQueryNode':
      return statement.into;
    case 'UpdateQueryNode':
      return statement.table;
    default:
      return undefined;
  }
}

function tableOf(node: OperationNode | undefined): string | undefined {
  if (node?.kind === 'AliasNode') return tableOf((node as AliasNode).node);
  return node?.kind === 'TableNode' ? (node as TableNode).table.identifier.name : undefined;
}
