// The service's controller, which the gateway reads for its routes. Decorators are called as functions, so that this
// file needs no compiler.
import { HttpService } from '@nestjs/axios';
import { Controller, Get, Inject, Post } from '@nestjs/common';
import { AnyScope, InternalClaims, RequirePermissions, RequireScope } from 'nestjs-internal-token';
import { firstValueFrom } from 'rxjs';
import { items } from '../peers/items.mjs';
import { settings } from './settings.mjs';

export class ItemsController {
  constructor(http) {
    this.http = http;
  }

  items({ userId, tenantId, tokenId }) {
    return items({ user: userId, tenant: tenantId, txn: tokenId });
  }

  /** Asks the next service. */
  async orders({ userId }) {
    const { data } = await firstValueFrom(this.http.get(`${settings.next}/items`));
    return { user: userId, below: data };
  }

  // Answered by the bare service behind the gateway.
  echo() {}
  sink() {}
  blob() {}
}
Inject(HttpService)(ItemsController, undefined, 0);
const { prototype } = ItemsController;
const decorate = (name, ...decorators) => {
  const property = Object.getOwnPropertyDescriptor(prototype, name);
  for (const decorator of decorators) decorator(prototype, name, property);
};
for (const name of ['items', 'orders']) {
  decorate(name, Get(name), RequireScope('orders:read'), RequirePermissions('member'));
  InternalClaims()(prototype, name, 0);
}
decorate('echo', Get('echo'), AnyScope());
decorate('sink', Post('sink'), AnyScope());
decorate('blob', Get('blob'), AnyScope());
Controller()(ItemsController);
