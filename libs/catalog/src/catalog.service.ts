import { randomUUID } from 'node:crypto';
import { type CatalogApi, type CatalogItem, PortError } from '@app/contracts';
import { TenantDatabase } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import { InternalTokenContext } from 'nestjs-internal-token';
import type { ItemPage, NewItem } from './catalog-input.js';
import type { CatalogTables } from './catalog-tables.js';

const COLUMNS = ['id', 'sku', 'name', 'price', 'currency', 'public'] as const;

@Injectable()
export class CatalogService implements CatalogApi {
  readonly #logger = new Logger(CatalogService.name);

  constructor(
    private readonly db: TenantDatabase<CatalogTables>,
    private readonly context: InternalTokenContext,
  ) {}

  async findItems({ itemIds }: { itemIds: string[] }): Promise<{ items: CatalogItem[] }> {
    const items = await this.db.transaction((trx) =>
      trx.selectFrom('items').select(COLUMNS).where('id', 'in', itemIds).execute(),
    );
    return { items };
  }

  async list({ cursor, limit }: ItemPage): Promise<{ items: CatalogItem[]; nextCursor?: string }> {
    const items = await this.db.transaction((trx) => {
      const query = trx
        .selectFrom('items')
        .select(COLUMNS)
        .orderBy('id')
        .limit(limit + 1);
      return (cursor ? query.where('id', '>', cursor) : query).execute();
    });
    const page = items.slice(0, limit);
    const last = page.at(-1);
    return items.length > limit && last ? { items: page, nextCursor: last.id } : { items: page };
  }

  async get(itemId: string): Promise<CatalogItem> {
    const { items } = await this.findItems({ itemIds: [itemId] });
    const [item] = items;
    if (!item) throw new PortError('item_not_found', 404, 'There is no such item.');
    return item;
  }

  async create(item: NewItem): Promise<CatalogItem> {
    this.context.require('catalog:write');
    const created = await this.db.transaction((trx) =>
      trx
        .insertInto('items')
        .values({ id: randomUUID(), ...item })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'sku']).doNothing())
        .returning(COLUMNS)
        .executeTakeFirst(),
    );
    if (!created) throw new PortError('sku_taken', 409, `The SKU ${item.sku} is in use; choose another.`);
    this.#logger.log('item added', { itemId: created.id, sku: created.sku });
    return created;
  }
}
