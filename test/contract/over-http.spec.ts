import { portController, remotePort } from '@app/ports';
import { HttpModule } from '@nestjs/axios';
import { InternalTokenHttpModule, InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { APP_FILTER } from '@nestjs/core';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { Ledger, ledgerPort } from './ledger-port.js';
import { portContract } from './port-suite.js';

const [port = 0] = await freePorts(1);
const origin = `http://127.0.0.1:${port}`;

// One application on both ends of a real connection, so that the suite can see what the implementation received.
portContract('over HTTP', {
  imports: [HttpModule.register({}), InternalTokenHttpModule.forRoot({ internalOrigins: [origin] })],
  controllers: [portController(ledgerPort, Ledger)],
  providers: [remotePort(ledgerPort, origin), { provide: APP_FILTER, useClass: InternalTokenProblemFilter }],
  listen: port,
});
