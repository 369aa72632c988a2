import { type CatalogItem, id } from '@app/contracts';
import { Body, Controller, Get, Param, Post, Query, StandardSchemaValidationPipe, UsePipes } from '@nestjs/common';
import {
  AnyScope,
  InternalClaims,
  type InternalTokenClaims,
  Public,
  RequirePermissions,
  RequireScope,
} from 'nestjs-internal-token';
import { itemPage, type ItemPage, newItem, type NewItem } from './catalog-input.js';
import { CatalogService } from './catalog.service.js';

@Controller('catalog')
@UsePipes(StandardSchemaValidationPipe)
export class CatalogController {
  constructor(private readonly catalog: CatalogService) {}

  @Get('me')
  @AnyScope()
  me(@InternalClaims() claims: InternalTokenClaims): InternalTokenClaims {
    return claims;
  }

  @Get('items')
  @Public()
  @RequireScope('catalog.read')
  list(@Query({ schema: itemPage }) page: ItemPage): Promise<{ items: CatalogItem[]; nextCursor?: string }> {
    return this.catalog.list(page);
  }

  @Get('items/:id')
  @Public()
  @RequireScope('catalog.read')
  get(@Param('id', { schema: id }) itemId: string): Promise<CatalogItem> {
    return this.catalog.get(itemId);
  }

  @Post('items')
  @RequireScope('catalog.write')
  @RequirePermissions('catalog:write')
  create(@Body({ schema: newItem }) item: NewItem): Promise<CatalogItem> {
    return this.catalog.create(item);
  }
}
