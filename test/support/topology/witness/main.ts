// A service made of the product's parts, for tests: `main.ts <name> <ways as JSON>`.
import 'reflect-metadata';
import { loadServiceConfig, startService } from '@app/runtime';
import { StorageModule } from '@app/storage';
import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { visitsMigrations } from './visits.js';
import { WAYS, type Ways, witnessController } from './witness.controller.js';

const [name = '', ways = '{}'] = process.argv.slice(2);

@Module({
  imports: [HttpModule.register({}), StorageModule.forDomain({ name, migrations: visitsMigrations })],
  controllers: [witnessController(name)],
  providers: [{ provide: WAYS, useValue: JSON.parse(ways) as Ways }],
})
class WitnessModule {}

await startService(
  name,
  () => loadServiceConfig(name, 0, process.env),
  () => ({ module: WitnessModule }),
);
