import { inProcessPort } from '@app/ports';
import { Ledger, ledgerPort } from './ledger-port.js';
import { portContract } from './port-suite.js';

portContract('in process', { providers: [inProcessPort(ledgerPort, Ledger)] });
