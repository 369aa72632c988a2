import { CatalogModule, CatalogService } from '@app/catalog';
import { catalogPort } from '@app/contracts';
import { PortsModule } from '@app/ports';
import type { DynamicModule } from '@nestjs/common';

export const catalogAppModule = (): DynamicModule =>
  PortsModule.with({
    local: [{ module: CatalogModule, port: catalogPort, implementation: CatalogService }],
    remote: [],
  });
