import { request } from 'node:http';
import { TenantDatabase } from '@app/storage';
import { HttpService } from '@nestjs/axios';
import { Controller, Get, Inject, Post, type Type } from '@nestjs/common';
import { InternalTokenContext, RequireScope } from 'nestjs-internal-token';
import type { VisitsTables } from './visits.js';

/** The caller and request that a service saw, after all of its work. */
export interface Seen {
  readonly service: string;
  readonly userId: string;
  readonly txn: string | undefined;
}

export type Ways = Readonly<Record<string, string>>;
export const WAYS = Symbol('Ways');

/** Records each of its callers in its own table, then calls the others, each in a different way. */
export function witnessController(name: string): Type {
  @Controller(name)
  class WitnessController {
    constructor(
      private readonly db: TenantDatabase<VisitsTables>,
      private readonly context: InternalTokenContext,
      private readonly http: HttpService,
      @Inject(WAYS) private readonly ways: Ways,
    ) {}

    @Post('visits')
    @RequireScope('visits.write')
    async visit(): Promise<Seen[]> {
      const { userId: user_id, tokenId: txn } = this.context.claims;
      await this.db.transaction((trx) => trx.insertInto('visits').values({ user_id, txn }).execute());
      const urls = Object.entries(this.ways).map(([other, url]) => `${url}/${other}/visits`);
      const seen = await Promise.all(urls.map((url, index) => this.#call(url, index)));
      const { userId } = this.context.claims;
      return [{ service: name, userId, txn: this.context.txn }, ...seen.flat()];
    }

    @Get('visits')
    @RequireScope('visits.write')
    visits(): Promise<{ user_id: string; txn: string }[]> {
      return this.db.transaction((trx) => trx.selectFrom('visits').select(['user_id', 'txn']).execute());
    }

    async #call(url: string, manner: number): Promise<Seen[]> {
      if (manner === 0) return (await this.http.axiosRef.post<Seen[]>(url)).data;
      if (manner === 1) return (await (await fetch(url, { method: 'POST' })).json()) as Seen[];
      return postByHttp(url);
    }
  }
  return WitnessController;
}

function postByHttp(url: string): Promise<Seen[]> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(JSON.parse(text) as Seen[])).on('error', reject);
    });
    outgoing.on('error', reject).end();
  });
}
