import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TestTokenIssuer } from '../testing/index.js';
import { Application } from './context/application.js';
import { InternalTokenModule } from './internal-token.module.js';
import { ServicePipeline } from './service-pipeline.js';

const tokens = new TestTokenIssuer();

@Module({ imports: [InternalTokenModule.forRoot({ service: 'test', trustDomain: 'test', keys: tokens.keys })] })
class TestModule {}

it('lets nothing in before the application is initialized', async () => {
  const app = await NestFactory.create(TestModule, { logger: false });
  const pipeline = app.get(ServicePipeline);
  const raw = new IncomingMessage(new Socket());
  raw.rawHeaders.push('Txn-Token', tokens.token());
  const request = pipeline.open(raw, new ServerResponse(raw), app.get(Application));
  expect(() => pipeline.run(request)).toThrow(expect.objectContaining({ code: 'txn_keys_not_ready' }));
  await app.init();
  expect(pipeline.run(request)).toBeUndefined();
  expect(request.claims?.userId).toBe('test-user');
  await app.close();
});
