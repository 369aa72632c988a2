import { definePort, PortError } from '@app/contracts';
import { StorageError } from '@app/storage';
import { Injectable } from '@nestjs/common';
import { InternalTokenContext, Tracer } from 'nestjs-internal-token';
import { z } from 'zod';

const entry = z.strictObject({
  account: z.string().min(1),
  amount: z.int(),
  note: z.string().optional(),
  at: z.iso.datetime(),
  tags: z.array(z.strictObject({ name: z.string() })).default([]),
});
const posted = z.object({
  account: z.string(),
  note: z.string().optional(),
  at: z.iso.datetime(),
  keys: z.array(z.string()),
});
const anything = z.strictObject({ value: z.unknown() });
const failure = z.strictObject({ how: z.string() });
const caller = z.object({ userId: z.string(), txn: z.string(), operation: z.string() });

/** A port made to be misused: the contract suite calls it under every binding. */
export abstract class LedgerApi {
  abstract post(input: z.infer<typeof entry>): Promise<z.infer<typeof posted>>;
  abstract echo(input: z.infer<typeof anything>): Promise<z.infer<typeof anything>>;
  abstract fail(input: z.infer<typeof failure>): Promise<Record<string, never>>;
  abstract whoAmI(input: Record<string, never>): Promise<z.infer<typeof caller>>;
  abstract hang(input: Record<string, never>): Promise<Record<string, never>>;
}

const nothing = z.strictObject({}) as unknown as z.ZodType<Record<string, never>>;
const writing = ['ledger.write', 'orders.write'] as const;

export const ledgerPort = definePort(LedgerApi, {
  name: 'ledger',
  methods: {
    post: { input: entry, output: posted, idempotent: false, purposes: writing },
    echo: { input: anything, output: anything, idempotent: true, purposes: writing },
    fail: { input: failure, output: nothing, idempotent: true, purposes: writing },
    whoAmI: { input: nothing, output: caller, idempotent: true, purposes: ['ledger.read'] },
    hang: { input: nothing, output: nothing, idempotent: true, purposes: writing },
  },
});

class Boxed {
  readonly kept = 1;
  readonly #hidden = 2;
  readonly missing = undefined;
  get sum(): number {
    return this.kept + this.#hidden;
  }
}

@Injectable()
export class Ledger extends LedgerApi {
  /** Every input that reached the implementation. */
  readonly seen: unknown[] = [];
  /** The number of calls that never return. */
  hung = 0;

  constructor(
    private readonly context: InternalTokenContext,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override async post(input: z.infer<typeof entry>) {
    this.seen.push(input);
    const { account, at, note } = input;
    // The implementation is careless: it returns a key outside the contract, and a key that is undefined.
    return { account, at, note: note as never, keys: Object.keys(input), secret: 'not for the caller' };
  }

  override async echo({ value }: z.infer<typeof anything>) {
    this.seen.push(value);
    if (value === 'instance') return { value: new Boxed() };
    if (value === 'date') return { value: new Date(0) };
    if (value === 'bigint') return { value: 1n };
    if (value === 'extra') return { value, extra: true };
    return { value };
  }

  override async fail({ how }: z.infer<typeof failure>): Promise<Record<string, never>> {
    if (how === 'domain')
      throw new PortError('account_closed', 409, 'The account is closed.', { cause: new Error('x') });
    if (how === 'storage') throw new StorageError('storage_unavailable', 'The database does not answer.');
    if (how === 'misuse') throw new StorageError('storage_misused', 'A transaction inside another.');
    if (how === 'permission') this.context.require('ledger:close');
    if (how === 'text') throw 'password=hunter2';
    throw new Error('password=hunter2');
  }

  override async whoAmI() {
    await new Promise(setImmediate);
    const { userId, tokenId } = this.context.claims;
    return this.tracer.run({ op: 'ledger.lookup', kind: 'internal' }, async () => ({
      userId,
      txn: tokenId,
      operation: 'ledger.lookup',
    }));
  }

  override hang(): Promise<Record<string, never>> {
    this.hung += 1;
    return new Promise(() => undefined);
  }

  /** Not in the contract. */
  async erase(): Promise<void> {
    this.seen.length = 0;
  }
}
