import { id } from '@app/contracts';
import { Body, Controller, Get, Param, Put, Query, StandardSchemaValidationPipe, UsePipes } from '@nestjs/common';
import {
  AnyScope,
  InternalClaims,
  type InternalTokenClaims,
  RequirePermissions,
  RequireScope,
} from 'nestjs-internal-token';
import { stockLevel, type StockLevel, stockPage, type StockPage } from './inventory-input.js';
import { type Stock, StockService } from './stock.service.js';

@Controller('inventory')
@UsePipes(StandardSchemaValidationPipe)
export class InventoryController {
  constructor(private readonly stock: StockService) {}

  @Get('me')
  @AnyScope()
  me(@InternalClaims() claims: InternalTokenClaims): InternalTokenClaims {
    return claims;
  }

  @Get('stock')
  @RequireScope('inventory.read')
  @RequirePermissions('inventory:read')
  list(@Query({ schema: stockPage }) page: StockPage): Promise<{ stock: Stock[]; nextCursor?: string }> {
    return this.stock.list(page);
  }

  @Get('stock/:itemId')
  @RequireScope('inventory.read')
  @RequirePermissions('inventory:read')
  get(@Param('itemId', { schema: id }) itemId: string): Promise<Stock> {
    return this.stock.get(itemId);
  }

  @Put('stock/:itemId')
  @RequireScope('inventory.write')
  @RequirePermissions('inventory:write')
  set(
    @Param('itemId', { schema: id }) itemId: string,
    @Body({ schema: stockLevel }) { onHand }: StockLevel,
  ): Promise<Stock> {
    return this.stock.set(itemId, onHand);
  }
}
